//! A TCP line that can be broken: it stands between the application and a
//! service, or between a browser and the application, and hands bytes on until
//! its plan says otherwise. It draws nothing by chance: where a test wants
//! chance, it draws the numbers from a seed of its own.

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use url::Url;

/// What befalls one direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Each piece waits so long.
    Latency(Duration),
    /// Pieces of so many bytes, with a wait after each.
    Drip(usize, Duration),
    /// After so many bytes the connection ends (FIN).
    CutAfter(usize),
    /// After so many bytes the connection is reset (RST).
    ResetAfter(usize),
    /// After so many bytes nothing more comes, and the connection stays.
    StallAfter(usize),
}

/// What befalls one connection.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    up: Vec<Move>,
    down: Vec<Move>,
}

impl Plan {
    /// On the way to the service.
    #[must_use]
    pub fn up(mut self, what: Move) -> Self {
        self.up.push(what);
        self
    }

    /// On the way back.
    #[must_use]
    pub fn down(mut self, what: Move) -> Self {
        self.down.push(what);
        self
    }
}

/// A line to one service; dropping it ends every connection.
pub struct FaultProxy {
    port: u16,
    state: Arc<Mutex<State>>,
    open: watch::Sender<bool>,
    running: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    next: VecDeque<Plan>,
    always: Plan,
    connections: usize,
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl FaultProxy {
    /// A line to the service on this port of this computer.
    pub async fn to(service: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, (open, opened)) = (Arc::<Mutex<State>>::default(), watch::channel(true));
        let running = tokio::spawn(run(listener, service, Arc::clone(&state), opened));
        Self { port, state, open, running }
    }

    /// The same URL, by way of this line.
    pub fn instead_of(&self, url: &str) -> String {
        let mut url: Url = url.parse().unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string().trim_end_matches('/').to_owned()
    }

    /// What befalls the next connection that has no plan yet.
    pub fn next(&self, plan: Plan) -> &Self {
        self.state.lock().unwrap().next.push_back(plan);
        self
    }

    /// What befalls every connection that has no plan of its own.
    pub fn always(&self, plan: Plan) {
        self.state.lock().unwrap().always = plan;
    }

    /// How many connections have come about.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Ends every connection, and refuses new ones.
    pub async fn close(&self) {
        self.open.send_replace(false);
        while self.answers().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Takes connections again.
    pub async fn open(&self) {
        self.open.send_replace(true);
        while !self.answers().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn answers(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_ok()
    }
}

async fn run(listener: TcpListener, service: u16, state: Arc<Mutex<State>>, mut open: watch::Receiver<bool>) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    loop {
        let taken = match listener.take() {
            Some(taken) => taken,
            None => TcpListener::bind(address).await.unwrap(),
        };
        tokio::select! {
            () = accept(taken, service, &state) => {}
            _ = open.wait_for(|open| !*open) => {}
        }
        if open.wait_for(|open| *open).await.is_err() {
            return;
        }
    }
}

async fn accept(listener: TcpListener, service: u16, state: &Mutex<State>) {
    let mut lines = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let plan = {
            let mut state = state.lock().unwrap();
            state.connections += 1;
            state.next.pop_front().unwrap_or_else(|| state.always.clone())
        };
        lines.spawn(carry(client, service, plan));
    }
}

/// How one direction ended.
enum End {
    /// The sender has nothing more to say.
    Said,
    Cut,
    Reset,
}

async fn carry(mut client: TcpStream, service: u16, plan: Plan) {
    let Ok(mut server) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, service))).await else { return };
    let end = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        let up = pump(from_client, to_server, &plan.up);
        let down = pump(from_server, to_client, &plan.down);
        tokio::pin!(up, down);
        tokio::select! {
            end = &mut up => match end { End::Said => down.await, broken => broken },
            end = &mut down => end,
        }
    };
    if matches!(end, End::Reset) {
        for socket in [&client, &server] {
            let _gone_already = socket.set_zero_linger();
        }
    }
}

async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, moves: &[Move]) -> End {
    let mut sent = 0;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let room = moves.iter().filter_map(|what| limit(*what)).min().map_or(usize::MAX, |limit| limit - sent);
        if room == 0 {
            // Before the first byte means: when there is one.
            let _gone_already = if sent == 0 { from.peek(&mut [0]).await } else { Ok(0) };
            return broken(moves).await;
        }
        let size = room.min(buffer.len());
        let Ok(read) = from.read(&mut buffer[..size]).await else { return End::Said };
        if read == 0 || hand_on(&mut to, &buffer[..read], moves).await.is_err() {
            let _gone_already = to.shutdown().await;
            return End::Said;
        }
        sent += read;
    }
}

fn limit(what: Move) -> Option<usize> {
    match what {
        Move::CutAfter(bytes) | Move::ResetAfter(bytes) | Move::StallAfter(bytes) => Some(bytes),
        Move::Latency(_) | Move::Drip(..) => None,
    }
}

/// What the earliest break of the plan does.
async fn broken(moves: &[Move]) -> End {
    match moves.iter().filter(|what| limit(**what).is_some()).min_by_key(|what| limit(**what)) {
        Some(Move::StallAfter(_)) => std::future::pending().await,
        Some(Move::ResetAfter(_)) => End::Reset,
        _ => End::Cut,
    }
}

async fn hand_on(to: &mut WriteHalf<'_>, bytes: &[u8], moves: &[Move]) -> io::Result<()> {
    let mut drip = None;
    for what in moves {
        match what {
            Move::Latency(time) => tokio::time::sleep(*time).await,
            Move::Drip(bytes, every) => drip = Some((*bytes, *every)),
            Move::CutAfter(_) | Move::ResetAfter(_) | Move::StallAfter(_) => {}
        }
    }
    let Some((size, every)) = drip else { return to.write_all(bytes).await };
    for piece in bytes.chunks(size) {
        to.write_all(piece).await?;
        tokio::time::sleep(every).await;
    }
    Ok(())
}

mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::{Duration, FaultProxy, Move, Plan, io};

    /// A service that says everything back, on a line.
    async fn echo() -> FaultProxy {
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = service.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = service.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.split();
                    let _broken = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        FaultProxy::to(port).await
    }

    /// What comes back of a hundred bytes, and how it ends.
    async fn says(line: &FaultProxy) -> (usize, io::Result<usize>) {
        let mut socket = TcpStream::connect(("127.0.0.1", line.port)).await.unwrap();
        socket.write_all(&[7; 100]).await.unwrap();
        let (mut heard, mut buffer) = (0, [0; 64]);
        loop {
            match socket.read(&mut buffer[..64.min(100 - heard).max(1)]).await {
                Ok(read @ 1..) if heard + read < 100 => heard += read,
                Ok(read @ 1..) => return (heard + read, Ok(0)),
                end => return (heard, end),
            }
        }
    }

    #[tokio::test]
    async fn a_line_hands_on_cuts_resets_and_refuses_as_planned() {
        let line = echo().await;
        assert!(matches!(says(&line).await, (100, Ok(_))));
        line.next(Plan::default().down(Move::CutAfter(40)));
        assert!(matches!(says(&line).await, (40, Ok(0))));
        line.next(Plan::default().up(Move::CutAfter(30)));
        assert!(matches!(says(&line).await, (0..=30, Ok(0) | Err(_))));
        line.next(Plan::default().down(Move::ResetAfter(0)));
        let (_, end) = says(&line).await;
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        line.next(
            Plan::default().down(Move::Drip(9, Duration::from_millis(1))).up(Move::Latency(Duration::from_millis(5))),
        );
        assert!(matches!(says(&line).await, (100, Ok(_))));
        line.next(Plan::default().down(Move::StallAfter(10)));
        assert!(tokio::time::timeout(Duration::from_millis(100), says(&line)).await.is_err());
        let before = line.connections();
        line.close().await;
        assert!(TcpStream::connect(("127.0.0.1", line.port)).await.is_err());
        line.open().await;
        assert!(matches!(says(&line).await, (100, Ok(_))));
        assert!(line.connections() > before);
    }
}
