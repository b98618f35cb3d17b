//! Gmail's `users.messages.send`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data},
};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use mail_parser::{Address, Message, MessageParser};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{AcceptedMail, Google, error::GoogleError};
use crate::sandbox::wire::Decision;

/// The scopes of which any one is enough.
const SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/gmail.send",
    "https://www.googleapis.com/auth/gmail.compose",
    "https://www.googleapis.com/auth/gmail.modify",
    "https://mail.google.com/",
];
const LARGEST: usize = 36_700_160;
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct Sending {
    raw: Option<String>,
    #[serde(rename = "threadId")]
    thread_id: Option<String>,
}

pub(super) async fn send(google: Data<Google>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, GoogleError> {
    let owner = google.owner(&request, &SCOPES)?;
    let sending: Sending = serde_json::from_slice(&body)
        .map_err(|error| GoogleError::Argument(format!("Invalid JSON payload received. {error}").into()))?;
    let raw = sending.raw.filter(|raw| !raw.is_empty());
    let raw = raw.ok_or(GoogleError::Argument(
        "'raw' RFC822 payload message string or uploading message via /upload/* URL required".into(),
    ))?;
    let raw = BASE64URL.decode(raw).map_err(|_| {
        GoogleError::Argument("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed".into())
    })?;
    if raw.len() > LARGEST {
        return Err(GoogleError::TooLarge);
    }
    let mail = read(&google, owner, raw)?;
    let (id, to) = (mail.id.clone(), mail.recipients.join(", "));
    google.accept(mail);
    let mut response = HttpResponse::Ok();
    response.extensions_mut().insert(Decision(format!("accepted {id} for {to}")));
    let thread_id = sending.thread_id.unwrap_or_else(|| id.clone());
    Ok(response.json(json!({ "id": id, "threadId": thread_id, "labelIds": ["SENT"] })))
}

fn read(google: &Google, owner: String, raw: Vec<u8>) -> Result<AcceptedMail, GoogleError> {
    let message = MessageParser::default().parse(&raw).ok_or(GoogleError::Argument("Invalid message".into()))?;
    let recipients = recipients(&message);
    if recipients.is_empty() {
        return Err(GoogleError::Argument("Recipient address required".into()));
    }
    if recipients.iter().any(|address| !is_address(address)) {
        return Err(GoogleError::Argument("Invalid To header".into()));
    }
    let from_header = message.from().and_then(Address::first).and_then(|from| from.address()).map(str::to_owned);
    Ok(AcceptedMail {
        id: hex::encode(&google.ids.secret()[..8]),
        owner,
        from_header,
        recipients,
        at: google.clock.now(),
        sha256: hex::encode(Sha256::digest(&raw)),
        raw: raw.into(),
    })
}

fn recipients(message: &Message<'_>) -> Vec<String> {
    let headers = [message.to(), message.cc(), message.bcc()];
    let addresses = headers.into_iter().flatten().flat_map(Address::iter);
    addresses.filter_map(|address| address.address()).map(str::to_owned).collect()
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
