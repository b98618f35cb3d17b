//! The outbox: what the mail service accepted, decoded for a person.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, Path, ServiceConfig},
};
use askama::Template;
use mail_parser::{Address, Message, MessageParser};

use super::{World, google::AcceptedMail, pages};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/outbox", web::get().to(list)).route("/outbox/{id}", web::get().to(one));
}

/// A mail as a person reads it.
struct Letter {
    id: String,
    from: String,
    to: String,
    subject: String,
    date: String,
    time: String,
    text: String,
    raw: String,
    size: usize,
}

#[derive(Template)]
#[template(path = "sandbox/outbox.html")]
struct OutboxPage {
    letters: Vec<Letter>,
}

#[derive(Template)]
#[template(path = "sandbox/letter.html")]
struct LetterPage {
    letter: Letter,
}

async fn list(world: Data<World>) -> HttpResponse {
    let letters = world.google.accepted().iter().rev().map(|mail| letter(mail, &world)).collect();
    pages::page(StatusCode::OK, &OutboxPage { letters }, None)
}

async fn one(world: Data<World>, id: Path<String>) -> HttpResponse {
    match world.google.accepted().iter().find(|mail| mail.id == *id) {
        Some(mail) => pages::page(StatusCode::OK, &LetterPage { letter: letter(mail, &world) }, None),
        None => pages::problem(
            StatusCode::NOT_FOUND,
            "There is no such mail",
            "The outbox is emptied when the sandbox restarts.",
        ),
    }
}

fn letter(mail: &AcceptedMail, world: &World) -> Letter {
    let message = MessageParser::default().parse(&*mail.raw).unwrap_or_default();
    let accepted = mail.at.to_zoned(world.clock.zone());
    Letter {
        id: mail.id.clone(),
        // Gmail sets From to the account, whatever the message says.
        from: with_name(message.from(), &mail.owner),
        to: people(&message),
        subject: message.subject().unwrap_or("(no subject)").to_owned(),
        date: accepted.strftime("%A, %-d %B %Y, %H:%M").to_string(),
        time: accepted.timestamp().to_string(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        raw: String::from_utf8_lossy(&mail.raw).into_owned(),
        size: mail.raw.len(),
    }
}

fn with_name(from: Option<&Address<'_>>, owner: &str) -> String {
    let name = from.and_then(Address::first).and_then(|from| from.name());
    name.map_or_else(|| owner.to_owned(), |name| format!("{name} <{owner}>"))
}

fn people(message: &Message<'_>) -> String {
    let headers = [message.to(), message.cc(), message.bcc()];
    let people = headers.into_iter().flatten().flat_map(Address::iter).map(|person| {
        let address = person.address().unwrap_or_default();
        person.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
    });
    people.collect::<Vec<_>>().join(", ")
}
