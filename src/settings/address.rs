//! The rules for every URL that an operator sets.
//!
//! Whoever can choose where the server connects can make it fetch a cloud's
//! credentials or send tokens in the clear; so each rule here is about where a
//! URL may point, and none of them can be switched off.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::reader::quoted;

/// A URL to be called: https, or http on this computer.
pub(super) fn endpoint(text: &str) -> Result<Url, String> {
    let url = web_url(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password; take it out of the URL".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("is {}; take away what follows the path (? or #)", quoted(text)));
    }
    if leads_astray(&url) {
        return Err(format!(
            "is {}; link-local and metadata addresses are never called, set the service's own address",
            quoted(text)
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("is {}; use https (plain http is for this computer only)", quoted(text)));
    }
    Ok(url)
}

/// A URL without a path: scheme, host and port.
pub(super) fn origin(text: &str) -> Result<Url, String> {
    let url = endpoint(text)?;
    if url.path() != "/" {
        return Err(format!("is {}; set scheme, host and port only, without a path", quoted(text)));
    }
    Ok(url)
}

/// A proxy's URL; it may hold a user name and password, so it is never repeated.
pub(super) fn proxy(text: &str) -> Result<Url, String> {
    web_url(text).map_err(|_| "is not a proxy's URL; one looks like http://proxy.example:3128".to_owned())
}

/// A host name, with a port where there is one: no scheme, no path.
pub(super) fn host(text: &str) -> Result<String, String> {
    let wrong = || format!("is {}; set the host name only, such as school.eu.auth0.com", quoted(text));
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.username().is_empty() && url.password().is_none();
    if !bare || text.contains(['/', '?', '#', '@', '\\']) {
        return Err(wrong());
    }
    endpoint(url.as_str())?;
    Ok(text.to_ascii_lowercase())
}

fn web_url(text: &str) -> Result<Url, String> {
    let wrong = || format!("is {}, which is not a URL; one looks like https://service.example", quoted(text));
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong());
    }
    Ok(url)
}

/// Whether the URL stays on this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => plain_address(address).is_loopback(),
        None => false,
    }
}

/// Clouds hand credentials to whoever asks at these addresses.
fn leads_astray(url: &Url) -> bool {
    const AWS_METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "metadata.google.internal",
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => match plain_address(address) {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local() || address == AWS_METADATA_V6,
        },
        None => false,
    }
}

/// `::ffff:169.254.169.254` is the same host as `169.254.169.254`.
fn plain_address(address: Ipv6Addr) -> IpAddr {
    address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
}
