//! The outbox, as a person sees it.

use scraper::{Html, Selector};

use super::kit::{MESSAGE, stage};

fn texts(page: &str, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    Html::parse_document(page).select(&selector).map(|found| found.text().collect::<String>()).collect()
}

#[actix_web::test]
async fn the_outbox_shows_what_arrived_newest_first_and_escaped() {
    let stage = stage();
    let get = async |url: &str| stage.client.get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(texts(&get(&stage.sandbox.outbox_url()).await, ".empty").len(), 1);
    let token = stage.google_token().await;
    stage.send(&token, MESSAGE).await;
    stage.send(&token, &MESSAGE.replace("A step forward <in> Algebra", "The second")).await;
    let page = get(&stage.sandbox.outbox_url()).await;
    assert_eq!(texts(&page, ".letter h2"), ["The second", "A step forward <in> Algebra"]);
    assert!(texts(&page, ".text")[0].contains("<b>shows</b>"), "a mail's text is text");
    assert!(texts(&page, "dd")[0].contains("mary@school.example"));
    assert!(texts(&page, "pre")[0].contains("To: Mateo Nguyen <mateo@example.com>"));
    let id = stage.sandbox.google().accepted()[0].id.clone();
    let one = get(&format!("{}/{id}", stage.sandbox.outbox_url())).await;
    assert_eq!(texts(&one, "h1"), ["A step forward <in> Algebra"]);
    let none = stage.client.get(format!("{}/none", stage.sandbox.outbox_url())).send().await.unwrap();
    assert_eq!(none.status(), 404);
}
