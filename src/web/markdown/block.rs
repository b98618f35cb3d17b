//! One stretch of blocks: parsed, made inert, written as HTML, cleaned.

use std::{collections::HashSet, mem, sync::LazyLock};

use ammonia::Builder;
use comrak::{
    Arena, Node, Options,
    arena_tree::NodeEdge,
    format_commonmark, format_html,
    nodes::{AstNode, NodeCodeBlock, NodeValue},
    parse_document,
};

use super::{Files, SafeHtml, Table, sheet};

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    // Reached only if a raw node slips past `make_inert`.
    options.render.escape = true;
    options
});

static TAKEN_ALONG: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = OPTIONS.clone();
    // Code that is only moved to the right becomes something else when it is moved back.
    options.render.prefer_fenced = true;
    options
});

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .add_tags([
            "p",
            "br",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "li",
            "strong",
            "em",
            "del",
            "code",
            "pre",
            "blockquote",
            "hr",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ])
        .add_tag_attribute_values("th", "align", sheet::ALIGNMENTS)
        .add_tag_attribute_values("td", "align", sheet::ALIGNMENTS)
        .add_tag_attributes("ol", ["start"])
        .attribute_filter(|_, name, value| (name != "start" || is_number(value)).then(|| value.into()))
        .clean_content_tags(HashSet::from(["script", "style", "template", "noscript", "iframe"]))
        .link_rel(None);
    cleaner
});

/// How many nodes may stand inside each other.
const DEEPEST: usize = 24;

/// Stands for a break until the HTML is written: the tree allows no break in a cell.
/// A private sign that a text brings along makes a break too, and nothing else.
pub(super) const BREAK: &str = "\u{E00A}";

fn is_number(value: &str) -> bool {
    value.bytes().all(|sign| sign.is_ascii_digit())
}

/// Which of the blocks in a text are final.
pub(super) struct Sealed {
    /// The final blocks.
    pub html: SafeHtml,
    /// The line, counted from 0, at which the open block begins; `None` when none is open.
    pub rest: Option<usize>,
}

/// Renders every block of a text.
pub(super) fn all(text: &str, files: &mut Files) -> SafeHtml {
    let arena = Arena::new();
    write(parse_document(&arena, text, &OPTIONS), files)
}

/// Renders the blocks of a text of whole lines that no later line can change.
///
/// The blocks before the last one are final: Markdown never opens a block again
/// once a block beside it has begun.
pub(super) fn finals(text: &str, after_blank: bool, files: &mut Files) -> Sealed {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &OPTIONS);
    let Some(last) = root.last_child() else {
        return Sealed { html: SafeHtml::default(), rest: (!text.trim().is_empty()).then_some(0) };
    };
    if is_closed(last, after_blank) {
        return Sealed { html: write(root, files), rest: None };
    }
    let mut rest = cut_off(last);
    // A table right below a paragraph took its head from that paragraph, where the
    // line could be nothing else; alone it might begin a list or a block of HTML.
    let bare = text.lines().nth(rest).is_some_and(|head| !head.starts_with('|'));
    if bare && let (NodeValue::Table(_), Some(before)) = (&last.data().value, root.last_child()) {
        rest = cut_off(before);
    }
    Sealed { html: write(root, files), rest: Some(rest) }
}

/// Takes a block out of its tree, and gives the line, counted from 0, where it began.
fn cut_off(block: Node<'_>) -> usize {
    block.detach();
    block.data().sourcepos.start.line.saturating_sub(1)
}

/// Whether the last block is final too, although nothing has begun after it.
fn is_closed(block: Node<'_>, after_blank: bool) -> bool {
    match &block.data().value {
        NodeValue::Heading(_) | NodeValue::ThematicBreak => true,
        NodeValue::Paragraph | NodeValue::Table(_) => after_blank,
        NodeValue::CodeBlock(code) => code.fenced && code.closed,
        _ => false,
    }
}

fn write(root: Node<'_>, files: &mut Files) -> SafeHtml {
    if root.first_child().is_none() {
        return SafeHtml::default();
    }
    let (html, tables) = format(root);
    let html = sheet::dress(&clean(&html), &tables, files);
    files.collect(tables);
    SafeHtml(html)
}

/// The text of an inert tree, as Markdown.
pub(super) fn inert(text: &str) -> String {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &OPTIONS);
    flatten(root);
    let nodes: Vec<Node<'_>> = root.descendants().collect();
    nodes.into_iter().for_each(make_inert);
    let mut markdown = String::new();
    if format_commonmark(root, &TAKEN_ALONG, &mut markdown).is_err() {
        markdown.clear();
    }
    // The one comment that the formatter itself writes, between two lists.
    markdown.replace("<!-- end list -->", "").replace(BREAK, " ").trim().to_owned()
}

/// The words of a text alone, without the signs that shape it.
pub(super) fn words(text: &str) -> String {
    let arena = Arena::new();
    let mut found = String::with_capacity(text.len());
    for edge in parse_document(&arena, text, &OPTIONS).traverse() {
        match edge {
            NodeEdge::Start(node) => match &node.data().value {
                NodeValue::Text(text) => found.push_str(text),
                NodeValue::HtmlInline(text) => found.push_str(text),
                NodeValue::Code(code) => found.push_str(&code.literal),
                NodeValue::CodeBlock(code) => found.push_str(&code.literal),
                NodeValue::HtmlBlock(html) => found.push_str(&html.literal),
                NodeValue::SoftBreak | NodeValue::LineBreak => found.push(' '),
                _ => {}
            },
            NodeEdge::End(node) if node.data().value.block() => found.push(' '),
            NodeEdge::End(_) => {}
        }
    }
    found
}

/// Whether anything in a text would act or fetch.
#[cfg(test)]
pub(super) fn acts(text: &str) -> bool {
    let arena = Arena::new();
    let root = parse_document(&arena, text, &OPTIONS);
    root.descendants().any(|node| {
        let value = &node.data().value;
        matches!(value, NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::HtmlInline(_) | NodeValue::HtmlBlock(_))
    })
}

/// HTML of an inert tree, and its tables.
fn format<'a>(root: Node<'a>) -> (String, Vec<Table>) {
    flatten(root);
    let nodes: Vec<Node<'a>> = root.descendants().collect();
    let mut tables = Vec::new();
    for node in nodes {
        make_inert(node);
        tables.extend(sheet::prepare(node));
    }
    let mut html = String::new();
    // Writing to a string fails only where a formatter does; nothing is better than half.
    if format_html(root, &OPTIONS, &mut html).is_err() {
        html.clear();
    }
    (html.replace(BREAK, "<br>"), tables)
}

/// Makes what is nested deeper than anyone reads into its text: the time to clean
/// grows with the square of the depth.
fn flatten(root: Node<'_>) {
    let mut depth = 0_usize;
    let mut inside = None;
    let mut deep: Vec<(Node<'_>, NodeValue)> = Vec::new();
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => {
                depth += 1;
                if depth >= DEEPEST
                    && inside.is_none()
                    && let Some(value) = plain(node)
                {
                    deep.push((node, value));
                    inside = Some(depth);
                }
            }
            NodeEdge::End(_) => {
                inside = inside.filter(|outer| *outer != depth);
                depth -= 1;
            }
        }
    }
    for (node, value) in deep {
        node.children().for_each(AstNode::detach);
        node.data_mut().value = value;
    }
}

/// What may stand in the place of a node that has others inside.
fn plain(node: Node<'_>) -> Option<NodeValue> {
    match &node.data().value {
        NodeValue::BlockQuote | NodeValue::List(_) => {
            let literal = node.collect_text();
            Some(NodeValue::CodeBlock(Box::new(NodeCodeBlock { literal, ..NodeCodeBlock::default() })))
        }
        NodeValue::Emph | NodeValue::Strong | NodeValue::Strikethrough | NodeValue::Link(_) | NodeValue::Image(_) => {
            Some(NodeValue::Text(node.collect_text().into()))
        }
        _ => None,
    }
}

pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// The first layer alone, to see that it holds without the second.
#[cfg(test)]
pub(super) fn uncleaned(text: &str) -> String {
    let arena = Arena::new();
    format(parse_document(&arena, text, &OPTIONS)).0
}

/// Turns what could act or fetch into text that shows it.
fn make_inert(node: Node<'_>) {
    let mut data = node.data_mut();
    match &mut data.value {
        NodeValue::HtmlInline(raw) => {
            let text = if is_break(raw) { BREAK.into() } else { mem::take(raw) };
            data.value = NodeValue::Text(text.into());
        }
        NodeValue::HtmlBlock(raw) => {
            let literal = mem::take(&mut raw.literal);
            data.value = NodeValue::CodeBlock(Box::new(NodeCodeBlock { literal, ..NodeCodeBlock::default() }));
        }
        NodeValue::Link(link) | NodeValue::Image(link) => {
            let url = mem::take(&mut link.url);
            drop(data);
            spell_out(node, &url);
        }
        // The answer stands below the page's own two levels of headings.
        NodeValue::Heading(heading) => heading.level = heading.level.clamp(3, 6),
        _ => {}
    }
}

/// The one piece of HTML that models write inside tables.
fn is_break(raw: &str) -> bool {
    matches!(raw, "<br>" | "<br/>" | "<br />")
}

/// Puts the words of a link in its place, and the whole address after them, so
/// that the words cannot hide where it would have led.
fn spell_out<'a>(link: Node<'a>, url: &str) {
    let known = link.collect_text() == url;
    let words: Vec<Node<'a>> = link.children().collect();
    for word in words {
        link.insert_before(word);
    }
    let after = if known || url.is_empty() { String::new() } else { format!(" ({url})") };
    link.data_mut().value = NodeValue::Text(after.into());
}
