//! A reader of raw mails that shares nothing with the application's: it splits
//! at line ends and knows nothing else. What it cannot read plainly it refuses.

/// A mail as it lies on the wire.
#[derive(Debug)]
pub struct RawMail {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Every header of a mail of this house.
const KNOWN: [&str; 8] =
    ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"];

impl RawMail {
    /// Reads a mail; panics where it is not plain.
    #[track_caller]
    pub fn read(raw: &[u8]) -> Self {
        let text = std::str::from_utf8(raw).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare line end: {text:?}");
        assert!(text.bytes().all(|byte| byte.is_ascii() && byte != 0), "the wire is ASCII: {text:?}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.split("\r\n") {
            if let (Some(rest), Some((_, value))) = (line.strip_prefix([' ', '\t']), headers.last_mut()) {
                value.push_str(rest);
                continue;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut known = KNOWN;
        known.sort_unstable();
        assert_eq!(names, known, "exactly these headers, each once");
        Self { headers, body: body.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The one address in a header.
    #[track_caller]
    pub fn address(&self, header: &str) -> String {
        let value = self.header(header);
        assert_eq!((value.matches('@').count(), value.matches(',').count()), (1, 0), "one address: {value}");
        let inner = value.rsplit_once('<').map_or(value, |(_, rest)| rest.trim_end_matches('>'));
        inner.trim().to_owned()
    }

    /// Whether it is text of one part.
    pub fn is_plain(&self) -> bool {
        self.header("content-type").to_ascii_lowercase().starts_with("text/plain")
    }
}
