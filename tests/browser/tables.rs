//! Tables in the page: sorted, copied, scrolled; and charts that speak.

use std::time::Duration;

use serde_json::{Value, json};
use teachers_aide::sandbox::model::{Answer, Pace};
use thirtyfour::Key;

use super::{Desk, NARROW, WIDE, at_a_desk};

const TABLE: &str = "Here they are.\n\n| Student | Average | Change |\n|---|---|---|\n\
    | Zoë | 10.00 | −0.50 |\n| Åse | 9.50 | +0.60 |\n| adam | 7,25 | – |\n| =1+1 | – | 0.10 |\n\nThat is all.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_sorted_copied_and_scrolled() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        nothing_of_it_shows_while_it_is_written(desk).await;
        a_heading_sorts_by_what_stands_below_it(desk).await;
        it_is_copied_for_every_spreadsheet(desk).await;
        the_sorting_outlives_nothing_but_is_there_again(desk).await;
        the_heading_stays_while_one_scrolls(desk).await;
        a_chart_comes_into_the_chat(desk).await;
        assert_eq!(desk.tab.console().await, Vec::<String>::new());
    })
    .await;
}

async fn nothing_of_it_shows_while_it_is_written(desk: &Desk) {
    let tab = &desk.tab;
    let slow = Pace { first: Duration::from_millis(20), piece: Duration::from_millis(150) };
    desk.script().push(Answer::text(TABLE).at(slow));
    desk.ask("As a table").await;
    // Its text is there for the end of the stream, and not to be seen; half a table is not offered.
    let seen = "(() => { const tail = document.querySelector('.tail[data-kind=table]');
        return tail?.textContent.includes('Zoë') && [getComputedStyle(tail).fontSize, document.querySelectorAll('.sheet, .files').length].join(' '); })()";
    tab.until(&format!("{seen} === '0px 0'")).await;
    desk.done(1).await;
    assert_eq!((tab.count(".sheet").await, tab.count(".files").await), (1, 1));
}

async fn column(desk: &Desk, at: usize) -> Vec<String> {
    desk.tab
        .ask(&format!("[...document.querySelectorAll('.sheet tbody tr')].map((row) => row.cells[{at}].innerText)"))
        .await
}

async fn a_heading_sorts_by_what_stands_below_it(desk: &Desk) {
    let tab = &desk.tab;
    let head = |n: usize| format!(".sheet th:nth-child({n}) button");
    tab.click(&head(2)).await;
    assert_eq!(column(desk, 1).await, ["7,25", "9.50", "10.00", "–"], "as numbers, and what is empty at the end");
    assert_eq!(tab.ask::<String>("document.querySelector('.sheet th:nth-child(2)').ariaSort").await, "ascending");
    tab.click(&head(2)).await;
    assert_eq!(column(desk, 1).await, ["10.00", "9.50", "7,25", "–"]);
    assert_eq!(tab.ask::<String>("document.querySelector('.sheet th:nth-child(2)').ariaSort").await, "descending");
    tab.click(&head(3)).await;
    assert_eq!(column(desk, 2).await, ["−0.50", "0.10", "+0.60", "–"]);
    assert_eq!(tab.count(".sheet th[aria-sort]").await, 1);
    // By keyboard: the heading keeps the focus.
    tab.run::<()>("document.querySelector('.sheet th button').focus()", Vec::new()).await;
    tab.keys(Key::Enter).await;
    assert_eq!(column(desk, 0).await, ["=1+1", "adam", "Åse", "Zoë"], "as people sort names");
    assert!(tab.ask::<bool>("document.activeElement.matches('.sheet th button')").await);
}

async fn it_is_copied_for_every_spreadsheet(desk: &Desk) {
    let tab = &desk.tab;
    tab.may_use_the_clipboard().await;
    tab.click(".files button").await;
    tab.until("document.querySelector('.files button').innerText.startsWith('Copied')").await;
    let read = "return navigator.clipboard.read().then(async ([item]) => {
        const text = async (type) => (await item.getType(type)).text();
        return { types: item.types, text: await text('text/plain'), html: await text('text/html') };
    });";
    let copied: Value = tab.run(read, Vec::new()).await;
    assert_eq!(copied["types"], json!(["text/plain", "text/html"]), "one item in both forms");
    let rows = "Student\tAverage\tChange\n'=1+1\t\t0.10\nadam\t7,25\t\nÅse\t9.50\t0.60\nZoë\t10.00\t-0.50";
    assert_eq!(copied["text"], rows, "in the order that is shown, and no formula");
    let html = copied["html"].as_str().unwrap();
    assert!(html.contains("<td>Åse</td>") && html.contains("<td>'=1+1</td>") && !html.contains("<button"), "{html}");
    // The one voice speaks after what it was saying.
    tab.until("document.querySelector('[data-status]').textContent === 'Table copied'").await;
}

async fn the_sorting_outlives_nothing_but_is_there_again(desk: &Desk) {
    desk.tab.reload().await;
    assert_eq!(column(desk, 0).await, ["Zoë", "Åse", "adam", "=1+1"], "as the assistant wrote it");
    assert_eq!(desk.tab.count(".sheet th button").await, 3);
}

async fn the_heading_stays_while_one_scrolls(desk: &Desk) {
    let tab = &desk.tab;
    tab.size((WIDE.0, 560)).await;
    tab.go("/classes/c-01").await;
    let region = "document.querySelector('[aria-labelledby=roster] .sheet')";
    assert!(tab.ask::<bool>(&format!("{region}.scrollHeight > {region}.clientHeight + 100")).await, "it is long");
    assert_eq!(tab.ask::<String>(&format!("{region}.ariaLabel")).await, "Students of Algebra I · 10B");
    tab.run::<()>(&format!("{region}.scrollIntoView(); {region}.focus()"), Vec::new()).await;
    tab.keys(Key::End).await;
    tab.until(&format!("{region}.scrollTop > 100")).await;
    let gap: f64 = tab
        .ask(&format!(
            "{region}.querySelector('th').getBoundingClientRect().top - {region}.getBoundingClientRect().top"
        ))
        .await;
    assert!((0.0..4.0).contains(&gap), "the heading stands {gap} px below the edge");
    tab.size(WIDE).await;
}

async fn a_chart_comes_into_the_chat(desk: &Desk) {
    use std::sync::Arc;
    use teachers_aide::sandbox::model::{DemoMind, Mind};
    let tab = &desk.tab;
    desk.demo.sandbox.model().set_mind(Arc::new(DemoMind::default()) as Arc<dyn Mind>);
    tab.go("/chat").await;
    desk.ask("Show me a chart of 10B").await;
    desk.done(1).await;
    assert!(tab.count(".answer").await == 1 && tab.count(".chart svg").await >= 1);
    let named: bool = tab
        .ask("[...document.querySelectorAll('.chart svg')].every((svg) => svg.getAttribute('aria-labelledby').split(' ').every((id) => document.getElementById(id).textContent))")
        .await;
    assert!(named, "each picture has a name and the numbers in words");
    for size in [WIDE, NARROW] {
        tab.size(size).await;
        tab.shots("chart-in-chat").await;
    }
    let before: String = tab.ask("document.querySelector('.parts').innerHTML").await;
    tab.reload().await;
    let after: String = tab.ask("document.querySelector('.parts').innerHTML").await;
    assert_eq!(
        before.replace(char::is_whitespace, ""),
        after.replace(char::is_whitespace, ""),
        "a reload shows the same"
    );
}
