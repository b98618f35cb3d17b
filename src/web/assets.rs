//! The page's own files, compiled in. Each is served under a URL that holds the
//! hash of its content, so a browser may keep it for ever; nothing else is served.

use std::future::{Ready, ready};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, IfNoneMatch, VARY},
    web::Path,
};
use rust_embed::{Embed, EmbeddedFile};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// The URL of a file in `static/`, with the hash of its content.
pub fn url(file: &str) -> String {
    let hash = Files::get(file).map(|found| hash(&found)).unwrap_or_default();
    format!("/static/{hash}/{file}")
}

/// Answers `GET /static/{hash}/{file}`.
///
/// A URL with an old hash, from a page opened before an upgrade, still gets the
/// file as it is now, but may not be kept.
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
    let keep = if asked == hash { FOR_EVER } else { ASK_AGAIN };
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
    async fn a_file_under_its_hash_may_be_kept_for_ever() {
        let answer = get(&url("app.css"), None).await;
        assert_eq!((answer.status(), header(&answer, "cache-control")), (StatusCode::OK, FOR_EVER));
        assert_eq!(header(&answer, "content-type"), "text/css; charset=utf-8");
        let again = get(&url("app.css"), Some(header(&answer, "etag"))).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.into_body().try_into_bytes().unwrap().len(), 0);
    }

    #[actix_web::test]
    async fn an_old_hash_gets_the_new_file_and_must_ask_again() {
        let answer = get("/static/0123456789abcdef/app.js", Some("\"0123456789abcdef\"")).await;
        assert_eq!((answer.status(), header(&answer, "cache-control")), (StatusCode::OK, ASK_AGAIN));
    }

    #[actix_web::test]
    async fn what_is_not_in_the_folder_is_not_found() {
        for uri in ["/static/x/none.css", "/static/x/..%2fCargo.toml", "/static/x/%2e%2e%2fCargo.toml"] {
            assert_eq!(get(uri, None).await.status(), StatusCode::NOT_FOUND, "{uri}");
        }
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
