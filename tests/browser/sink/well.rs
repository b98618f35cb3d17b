//! The sink: wherever the browser wants to go, it ends here.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// Listens, and notes what each visitor says first: the head of a request, or
/// the hello of TLS with the name of the host in it.
pub struct Well {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

/// Payloads by their numbers.
#[derive(Debug, Default)]
pub struct Visits {
    /// Who opened a connection.
    pub came: BTreeSet<usize>,
    /// Who asked for something over it.
    pub asked: BTreeSet<usize>,
}

impl Well {
    pub fn dig() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heard);
        thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                thread::spawn(move || listen(visitor, &noted));
            }
        });
        Self { port, heard }
    }

    /// The flag that makes it so.
    pub fn every_host_leads_here(&self) -> String {
        format!("--host-resolver-rules=MAP * 127.0.0.1:{}, EXCLUDE 127.0.0.1, EXCLUDE localhost", self.port)
    }

    /// Who came, but for the browser's maker and the test's own knock.
    pub fn visitors(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let meant = |said: &&String| said.contains(".example") && !said.contains("barrier.example");
        heard.iter().filter(meant).cloned().collect()
    }

    /// The payloads that came, which are forgotten.
    pub fn emptied(&self) -> Visits {
        let mut visits = Visits::default();
        for said in self.visitors() {
            let asked = ["get ", "post ", "head ", "options "].iter().any(|method| said.starts_with(method));
            for number in numbers(&said) {
                visits.came.insert(number);
                asked.then(|| visits.asked.insert(number));
            }
        }
        self.heard.lock().unwrap().clear();
        visits
    }

    /// Whether somebody who calls so comes within a second.
    pub async fn hears(&self, name: &str) -> bool {
        for _ in 0..50 {
            if self.heard.lock().unwrap().iter().any(|said| said.contains(name)) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

fn listen(mut visitor: TcpStream, noted: &Mutex<Vec<String>>) {
    // Who only opens the door has come as well, and says nothing.
    visitor.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut said = vec![0; 4096];
    let read = visitor.read(&mut said).unwrap_or_default();
    noted.lock().unwrap().push(String::from_utf8_lossy(&said[..read]).to_lowercase());
    let _gone = visitor.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
}

/// The number of every `p7.evil.example` in a text.
fn numbers(said: &str) -> Vec<usize> {
    let before = said.match_indices(".evil.example").map(|(at, _)| &said[..at]);
    let digits = before.filter_map(|text| text.rsplit_once('p').map(|(_, digits)| digits));
    digits.filter_map(|digits| digits.parse().ok()).collect()
}
