//! Webhooks, delivered to a server that fails now and then: a timeout, and exponential backoff.
//!
//! The server is a real one, on a port of this machine. It treats each hook in its own way.
//!
//! ```text
//! cargo run -p duly-local --example webhooks
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use duly_local::{Changes, RetryPolicy, Scheduler, Shutdown, Status, Task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ATTEMPTS: u32 = 4;
const BACKOFF: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_millis(300);

/// What the server does with an attempt.
#[derive(Clone, Copy)]
enum Reply {
    Accept,
    Refuse,
    HangUp,
    Stall,
}

use Reply::{Accept, HangUp, Refuse, Stall};

/// The hooks, what happens to each of their attempts, and how many attempts that makes.
const HOOKS: [(&str, &[Reply], u32); 5] = [
    ("/orders", &[Accept], 1),
    ("/invoices", &[Refuse, Refuse, Accept], 3),
    ("/refunds", &[HangUp, Accept], 2),
    ("/parcels", &[Stall, Accept], 2),
    ("/legacy", &[Refuse, Refuse, Refuse, Refuse], ATTEMPTS),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let serving = tokio::spawn(serve(listener));

    let scheduler = Scheduler::builder().workers(4).start();
    let policy = RetryPolicy::exponential(BACKOFF).attempts(ATTEMPTS);
    let mut deliveries = Vec::new();
    for (hook, ..) in HOOKS {
        let task = Task::retryable("deliver", move || deliver(server, hook));
        let task = task.timeout(TIMEOUT).retry(policy);
        let delivery = scheduler.submit(task).await?;
        let telling = tokio::spawn(tell(hook, delivery.changes()));
        deliveries.push((delivery, telling));
    }
    for (_, telling) in &mut deliveries {
        telling.await?;
    }

    println!();
    let mut surprises = 0;
    for ((hook, replies, attempts), (delivery, _)) in HOOKS.into_iter().zip(&deliveries) {
        println!(
            "{hook:10} {} of {ATTEMPTS} attempts, {}",
            delivery.attempts(),
            delivery.status()
        );
        let arrived = matches!(delivery.status(), Status::Completed(_));
        let expected = matches!(replies.last(), Some(Accept));
        surprises += u32::from(arrived != expected || delivery.attempts() != attempts);
    }
    scheduler.shutdown(Shutdown::Drain).await;
    serving.abort();
    if surprises > 0 {
        return Err(format!("{surprises} deliveries went another way than the server's").into());
    }
    Ok(())
}

/// Tells each attempt that failed, and the end.
async fn tell(hook: &str, mut changes: Changes) {
    let begun = Instant::now();
    while let Some(status) = changes.next().await {
        if !matches!(status, Status::Queued | Status::Running { .. }) {
            println!("{:>8.1?}  {hook:10} {status}", begun.elapsed());
        }
    }
}

/// Posts a hook: anything but a 2xx is an error.
async fn deliver(server: SocketAddr, hook: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!(
        "POST {hook} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    match code {
        Some(code @ 200..=299) => Ok(code),
        Some(code) => Err(io::Error::other(format!("the server says {code}"))),
        None => Err(io::Error::other("the server hung up")),
    }
}

/// A server that treats the attempts of each hook as [`HOOKS`] says.
async fn serve(listener: TcpListener) -> io::Result<()> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut stalled = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await?;
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await?;
        let request = String::from_utf8_lossy(&request[..length]);
        let path = request.split(' ').nth(1).unwrap_or_default();
        let attempt = seen.entry(path.to_owned()).or_default();
        let hook = HOOKS.iter().find(|(hook, ..)| *hook == path);
        match hook.and_then(|(_, replies, _)| replies.get(*attempt)) {
            Some(Accept) => stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?,
            Some(Refuse) => stream.write_all(b"HTTP/1.1 503 Busy\r\n\r\n").await?,
            Some(Stall) => stalled.push(stream),
            Some(HangUp) | None => {}
        }
        *attempt += 1;
    }
}
