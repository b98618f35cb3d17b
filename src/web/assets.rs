//! The page's own files, compiled in. Each is served under a URL that holds the
//! hash of its content, so a browser may keep it for ever; nothing else is served.

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
#[expect(clippy::unused_async, reason = "actix takes handlers that are async")]
pub async fn serve(request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (asked, file) = path.into_inner();
    let Some(found) = Files::get(&file) else {
        return HttpResponse::NotFound().finish();
    };
    let hash = hash(&found);
    let tag = EntityTag::new_strong(hash.clone());
    let keep = if asked == hash { FOR_EVER } else { ASK_AGAIN };
    let mut answer = if has(&request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, keep))
        .insert_header((VARY, "accept-encoding"));
    if has(&request, &tag) {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, kind(&file))).body(found.data.into_owned())
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
