//! By which name a browser came here.

use actix_web::{HttpRequest, http::header};
use url::Url;

/// What the browser called this site: the `Host` header as it came, and nothing
/// that a proxy or anybody else says was asked for.
pub fn asked_for(request: &HttpRequest) -> Option<Url> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    Url::parse(&format!("http://{host}/")).ok()
}

/// Whether that is a name of this computer and nobody else's. A page elsewhere
/// can point its own name here, but cannot take one of these.
pub fn is_own(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_header_alone_tells_the_name_and_only_three_are_own() {
        let own = |host: &'static str| {
            let request = TestRequest::default().insert_header((header::HOST, host));
            let request = request.insert_header(("x-forwarded-host", "localhost"));
            asked_for(&request.to_http_request()).is_some_and(|url| is_own(&url))
        };
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]", "[::1]:8000"] {
            assert!(own(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8000", "localhost@evil.example", "[::2]", "10.0.0.7", ""] {
            assert!(!own(host), "{host}");
        }
        assert!(asked_for(&TestRequest::default().to_http_request()).is_none());
    }
}
