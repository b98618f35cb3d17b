//! A turn's event stream, and what a page makes of it.
//!
//! The reader is our own, so that the application's encoder is not judged by
//! its twin. [`Screen`] does with a frame what `app.js` does.

use std::collections::BTreeMap;

use reqwest::Response;
use scraper::{Html, Selector};
use serde_json::Value;

use super::{Card, answer::Answer, canary::Leaks};

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// An open event stream; dropping it closes the connection.
pub struct Stream {
    response: Response,
    buffer: String,
    leaks: Leaks,
}

impl Stream {
    pub fn new(response: Response, leaks: &Leaks) -> Self {
        Self { response, buffer: String::new(), leaks: leaks.clone() }
    }

    /// The next event; none when the server has closed the stream.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            while let Some((block, rest)) = self.buffer.split_once("\n\n") {
                self.leaks.read("an event stream", block.as_bytes(), &[]);
                let frame = read(block);
                self.buffer = String::from(rest);
                if frame.is_some() {
                    return frame;
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

pub fn read(block: &str) -> Option<Frame> {
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for line in block.lines().filter(|line| !line.starts_with(':')) {
        let (name, value) = line.split_once(':').unwrap();
        let value = value.strip_prefix(' ').unwrap_or(value);
        fields.entry(name).and_modify(|all| *all = format!("{all}\n{value}")).or_insert_with(|| value.to_owned());
    }
    let data = serde_json::from_str(fields.get("data")?).unwrap();
    Some(Frame { id: fields.get("id").cloned(), name: fields["event"].clone(), data })
}

/// What a page that follows a turn shows.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// Such as "done"; empty while nothing was said about it.
    pub state: String,
    /// The id of the latest event that had one.
    pub last_id: Option<String>,
    /// All text that stood there before the finished turn took its place.
    pub streamed: String,
    /// How many frames came.
    pub frames: usize,
    /// The keys of the parts in the order in which they came.
    pub seen: Vec<String>,
    steps: BTreeMap<u64, (String, String)>,
    parts: BTreeMap<String, String>,
    html: String,
}

impl Screen {
    pub fn apply(&mut self, frame: &Frame) {
        self.frames += 1;
        self.last_id = frame.id.clone().or(self.last_id.take());
        let text = |name: &str| frame.data[name].as_str().map(str::to_owned);
        match frame.name.as_str() {
            "text" => self.text_frame(frame.data["step"].as_u64().unwrap(), &frame.data),
            "part" => {
                let key = text("key").unwrap();
                self.seen.push(key.clone());
                self.parts.insert(key, text("html").unwrap());
            }
            "turn" => self.replace(text("html").unwrap()),
            "status" => self.state = text("state").unwrap(),
            other => panic!("the page knows no event {other}"),
        }
    }

    fn text_frame(&mut self, step: u64, data: &Value) {
        let (sealed, open) = self.steps.entry(step).or_default();
        sealed.push_str(data["sealed"].as_str().unwrap_or_default());
        match data["open"].as_str() {
            Some(text) => text.clone_into(open),
            None => open.push_str(data["add"].as_str().unwrap_or_default()),
        }
    }

    fn replace(&mut self, html: String) {
        self.streamed = self.text();
        (self.steps, self.parts) = Default::default();
        let page = Html::parse_fragment(&html);
        let css = |css: &str| Selector::parse(css).unwrap();
        for answer in page.select(&css(".answer")) {
            let step = answer.attr("data-key").unwrap().trim_start_matches("step-").parse().unwrap();
            let blocks = answer.select(&css(".blocks")).next().unwrap().inner_html();
            let tail = answer.select(&css(".tail")).next().map(|tail| tail.text().collect()).unwrap_or_default();
            self.steps.insert(step, (blocks, tail));
        }
        self.html = html;
    }

    /// Whether the turn waits for a person, and all is shown for them: the bar
    /// that sends all drafts comes last, or word that there is none.
    pub fn waits(&self) -> bool {
        self.state == "waiting" && self.seen.last().is_some_and(|key| key == "send-all")
    }

    /// The answer's words.
    pub fn text(&self) -> String {
        let steps = self.steps.values().map(|(blocks, tail)| {
            let sealed: String = Html::parse_fragment(&without_files(blocks)).root_element().text().collect();
            format!("{sealed} {tail}").split_whitespace().collect::<Vec<_>>().join(" ")
        });
        steps.collect::<Vec<_>>().join("\n")
    }

    /// All of it as HTML: the turn as it came, the text and the parts since.
    pub fn html(&self) -> String {
        let text = self.steps.values().map(|(sealed, _)| sealed.as_str());
        std::iter::once(self.html.as_str()).chain(text).chain(self.parts().map(String::as_str)).collect()
    }

    /// The parts in the order in which they first came.
    fn parts(&self) -> impl Iterator<Item = &String> {
        let first = |(at, key): &(usize, &String)| !self.seen[..*at].contains(key);
        self.seen.iter().enumerate().filter(first).filter_map(|(_, key)| self.parts.get(key))
    }

    /// The drafts that lie there.
    pub fn cards(&self) -> Vec<Card> {
        self.as_answer().cards()
    }

    pub fn has(&self, css: &str) -> bool {
        self.as_answer().has(css)
    }

    fn as_answer(&self) -> Answer {
        Answer { status: 200, headers: reqwest::header::HeaderMap::new(), body: self.html() }
    }
}

/// The page offers each table as files; that is not what the model said.
fn without_files(blocks: &str) -> String {
    let mut pieces = blocks.split("<p class=\"files\">");
    let said = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(said, |said, piece| said + piece.split_once("</p>").map_or("", |(_, rest)| rest))
}
