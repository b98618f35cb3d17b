//! The page's own files, compiled in, and nothing else. They are served from a
//! folder whose name is the hash of all of them, so a browser may keep them for
//! ever, and a script that imports another gets the one of the same release.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, IfNoneMatch, VARY},
    web::Path,
};
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// The script of every page, and the one of a conversation; all others are imported.
const ENTRIES: [&str; 2] = ["app.js", "chat.js"];

/// The folder of the files as they are now: `/static/` and the hash of all of them.
pub fn folder() -> String {
    format!("/static/{}", release())
}

/// The scripts that others import.
pub fn scripts() -> Vec<String> {
    all().into_keys().filter(|file| is_script(file) && !ENTRIES.contains(&file.as_str())).collect()
}

fn is_script(file: &str) -> bool {
    kind(file).starts_with("text/javascript")
}

/// Every file by its name.
fn all() -> BTreeMap<String, EmbeddedFile> {
    Files::iter().filter_map(|name| Files::get(&name).map(|file| (name.into_owned(), file))).collect()
}

/// The hash of all files together.
fn release() -> String {
    let mut whole = Sha256::new();
    for (name, file) in all() {
        whole.update(name);
        whole.update(file.metadata.sha256_hash());
    }
    hex::encode(&whole.finalize()[..8])
}

/// Answers `GET /static/{hash}/{file}`.
///
/// The folder of another release, from a page opened before an upgrade, still
/// gives the file as it is now, but it may not be kept.
#[expect(clippy::needless_pass_by_value, reason = "actix hands a request over by value")]
pub fn serve(request: HttpRequest, path: Path<(String, String)>) -> Ready<HttpResponse> {
    let (asked, file) = path.into_inner();
    ready(answer(&request, &asked, &file))
}

fn answer(request: &HttpRequest, asked: &str, file: &str) -> HttpResponse {
    let Some(found) = Files::get(file) else {
        return HttpResponse::NotFound().finish();
    };
    let hash = hash(&found);
    let tag = EntityTag::new_strong(hash.clone());
    let keep = if asked == release() { FOR_EVER } else { ASK_AGAIN };
    let mut answer = if has(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, keep))
        .insert_header((VARY, "accept-encoding"));
    if has(request, &tag) {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, kind(file))).body(found.data.into_owned())
}

fn has(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key("if-none-match"),
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn hash(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..8])
}

fn kind(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use actix_web::{App, body::MessageBody, http::StatusCode, test, web};

    use super::*;

    async fn get(uri: &str, known: Option<&str>) -> HttpResponse {
        let app = test::init_service(App::new().route("/static/{hash}/{file}", web::get().to(serve))).await;
        let request = test::TestRequest::get().uri(uri);
        let request = known.into_iter().fold(request, |request, tag| request.insert_header(("if-none-match", tag)));
        test::call_service(&app, request.to_request()).await.into_parts().1
    }

    fn header<'a>(answer: &'a HttpResponse, name: &str) -> &'a str {
        answer.headers().get(name).unwrap().to_str().unwrap()
    }

    #[actix_web::test]
    async fn a_file_of_this_release_may_be_kept_for_ever() {
        let url = format!("{}/app.css", folder());
        let answer = get(&url, None).await;
        assert_eq!((answer.status(), header(&answer, "cache-control")), (StatusCode::OK, FOR_EVER));
        assert_eq!(header(&answer, "content-type"), "text/css; charset=utf-8");
        let again = get(&url, Some(header(&answer, "etag"))).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.into_body().try_into_bytes().unwrap().len(), 0);
    }

    #[actix_web::test]
    async fn the_folder_of_an_old_release_gives_the_new_file_and_must_ask_again() {
        let answer = get("/static/0123456789abcdef/app.js", Some("\"0123456789abcdef\"")).await;
        assert_eq!((answer.status(), header(&answer, "cache-control")), (StatusCode::OK, ASK_AGAIN));
    }

    #[actix_web::test]
    async fn what_is_not_in_the_folder_is_not_found() {
        for uri in ["/static/x/none.css", "/static/x/..%2fCargo.toml", "/static/x/%2e%2e%2fCargo.toml"] {
            assert_eq!(get(uri, None).await.status(), StatusCode::NOT_FOUND, "{uri}");
        }
    }

    /// The names in the `import` lines of a script.
    fn imported_by(file: &str) -> Vec<String> {
        let source = String::from_utf8(Files::get(file).unwrap().data.into_owned()).unwrap();
        let lines = source.lines().filter(|line| line.starts_with("import "));
        lines.map(|line| line.rsplit('"').nth(1).unwrap().trim_start_matches("./").to_owned()).collect()
    }

    #[std::prelude::v1::test]
    fn every_script_is_reached_and_none_is_missing() {
        let (mut reached, mut next) = (BTreeSet::new(), ENTRIES.map(str::to_owned).to_vec());
        while let Some(file) = next.pop() {
            assert!(Files::get(&file).is_some(), "{file} is imported, and not there");
            if reached.insert(file.clone()) {
                next.extend(imported_by(&file));
            }
        }
        let there: BTreeSet<String> = all().into_keys().filter(|file| is_script(file)).collect();
        assert_eq!(reached, there, "what nobody imports is not sent to anybody");
        assert_eq!(scripts().len(), there.len() - ENTRIES.len());
    }

    #[std::prelude::v1::test]
    fn all_files_together_stay_small() {
        let files: Vec<_> =
            Files::iter().filter_map(|file| Files::get(&file).map(|found| (file, found.data))).collect();
        let bytes: usize = files.iter().map(|(_, data)| zipped(data)).sum();
        assert!(files.len() > 2 && bytes > 5_000, "{bytes} bytes in {} files: is anything there?", files.len());
        assert!(bytes < MOST, "{bytes} bytes as they travel, of at most {MOST}");
    }

    /// As they travel, each by itself.
    fn zipped(data: &[u8]) -> usize {
        let mut zipped = flate2::read::GzEncoder::new(data, flate2::Compression::default());
        std::io::copy(&mut zipped, &mut std::io::sink()).unwrap().try_into().unwrap()
    }

    /// What all own files may weigh together, in bytes.
    const MOST: usize = 60_000;
}
