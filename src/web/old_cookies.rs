//! Cookies that an older key sealed: opened, and sealed anew with the present
//! one, so that a change of the key signs nobody out.

use actix_web::{
    Error,
    body::MessageBody,
    cookie::{Cookie, CookieJar, Key, SameSite, time::Duration},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{COOKIE, HeaderValue, SET_COOKIE},
    middleware::Next,
    web::Data,
};

use super::state::State;

/// The session cookie's name and the keys that seal it.
pub struct CookieKeys {
    /// The name.
    pub name: &'static str,
    /// The key in use.
    pub current: Key,
    /// Those that it replaced.
    pub previous: Vec<Key>,
}

impl CookieKeys {
    /// The cookie as the present key seals it; none where it does so already,
    /// or where no key opens it.
    fn renewed(&self, cookie: Cookie<'static>) -> Option<Cookie<'static>> {
        let mut jar = CookieJar::new();
        jar.add_original(cookie);
        if jar.private(&self.current).get(self.name).is_some() {
            return None;
        }
        let handle = self.previous.iter().find_map(|key| jar.private(key).get(self.name))?;
        jar.private_mut(&self.current).add(handle);
        jar.get(self.name).cloned()
    }
}

/// Middleware: lets a cookie of an older key pass as one of the present key.
pub async fn renew(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let keys = request.app_data::<Data<CookieKeys>>().cloned();
    let fresh = keys.as_ref().filter(|keys| !keys.previous.is_empty()).and_then(|keys| {
        let cookies = cookies(&request);
        let own = cookies.iter().find(|cookie| cookie.name() == keys.name)?.clone();
        let fresh = keys.renewed(own)?;
        let others = cookies.iter().filter(|cookie| cookie.name() != keys.name).map(|c| c.encoded().to_string());
        let all: Vec<String> = others.chain([fresh.encoded().stripped().to_string()]).collect();
        request.headers_mut().insert(COOKIE, HeaderValue::from_str(&all.join("; ")).ok()?);
        Some(fresh)
    });
    let state = request.app_data::<Data<State>>().cloned();
    let mut answer = next.call(request).await?.map_into_boxed_body();
    if let (Some(mut cookie), Some(state)) = (fresh, state)
        && !answer.headers().contains_key(SET_COOKIE)
    {
        cookie.set_http_only(true);
        cookie.set_secure(state.is_https());
        cookie.set_same_site(SameSite::Lax);
        cookie.set_path("/");
        cookie.set_max_age(Duration::seconds(state.lifetimes.whole));
        if let Ok(value) = HeaderValue::from_str(&cookie.encoded().to_string()) {
            answer.headers_mut().append(SET_COOKIE, value);
        }
    }
    Ok(answer)
}

fn cookies(request: &ServiceRequest) -> Vec<Cookie<'static>> {
    let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let parts = headers.flat_map(|value| value.split(';'));
    parts.filter_map(|part| Cookie::parse_encoded(part.trim().to_owned()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::from(&[byte; 64])
    }

    fn sealed(with: &Key) -> Cookie<'static> {
        let mut jar = CookieJar::new();
        jar.private_mut(with).add(Cookie::new("aide", "handle"));
        jar.get("aide").expect("it was added").clone()
    }

    #[test]
    fn a_cookie_of_an_older_key_becomes_one_of_the_present_key_and_a_strangers_does_not() {
        let keys = CookieKeys { name: "aide", current: key(1), previous: vec![key(2), key(3)] };
        assert_eq!(keys.renewed(sealed(&key(1))), None);
        assert_eq!(keys.renewed(sealed(&key(9))), None);
        assert_eq!(keys.renewed(Cookie::new("aide", "rubbish")), None);
        for old in [2, 3] {
            let fresh = keys.renewed(sealed(&key(old))).expect("an older key opens it");
            let mut jar = CookieJar::new();
            jar.add_original(fresh);
            assert_eq!(jar.private(&key(1)).get("aide").expect("the present key opens it").value(), "handle");
        }
    }
}
