//! Submits over HTTP, beside the same store called directly, in turn and in the same run.
//!
//! The server, its clients and the direct callers are of one process. Requests are
//! prepared before the clock starts and sent over raw connections that are kept, by one thread whose
//! processor time is left out: what remains is what the server and the store cost.

mod client;
mod load;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use duly::Duly;
use duly_server::{App, Options, bind, router, serve};
use duly_store::SystemClock;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::load::{Load, Measured};
use crate::HttpArgs;
use crate::port::Port;
use crate::sqlite::latency::{figures, fsyncs};
use crate::stats::{median, rounded};

/// One pattern in one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    direct: Measured,
    http: Measured,
}

pub(crate) fn run(args: &HttpArgs) -> anyhow::Result<()> {
    // Always a fresh folder: figures of a used file would be other figures.
    let folder = match &args.dir {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(folder.path(), args))
}

async fn measure(dir: &Path, args: &HttpArgs) -> anyhow::Result<()> {
    let patterns = [
        ("bulk", Load::of(args.tasks, 4, 500)),
        ("single", Load::of(args.singles, 32, 1)),
    ];
    println!("submits at synchronous=FULL, and the processor time of each, without the clients':");
    for (name, load) in patterns {
        println!("{name}: {} callers, {} at once", load.callers, load.batch);
    }
    let fsync = figures("fsync (4 KiB)", &mut fsyncs(&dir.join("fsync"))?);
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..args.rounds {
        for ((name, load), rounds) in patterns.iter().zip(&mut rounds) {
            let file = |who: &str| dir.join(format!("{name}-{who}-{round}.db"));
            let measured = Round {
                direct: load.direct(&file("direct")).await?,
                http: load.http(&file("http")).await?,
            };
            line(
                &format!("{name} {}", round + 1),
                measured.http,
                measured.direct,
            );
            rounds.push(measured);
        }
    }
    let [bulk, single] = &rounds;
    let report = json!({
        "bench": "http",
        "tasks": args.tasks,
        "singles": args.singles,
        "fsync_ms": fsync,
        "bulk": summary("bulk", bulk),
        "single": summary("single", single),
    });
    println!("{report}");
    Ok(())
}

fn line(what: &str, http: Measured, direct: Measured) {
    println!(
        "{what:<10} over HTTP {:>8.0}/s {:>6.1} us   direct {:>8.0}/s {:>6.1} us   ratio {:.2}",
        http.per_s,
        http.cpu_us,
        direct.per_s,
        direct.cpu_us,
        http.per_s / direct.per_s
    );
}

/// Medians of both, and of the ratios round by round.
fn summary(what: &str, rounds: &[Round]) -> Value {
    let of = |of: fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let http = Measured {
        per_s: of(|r| r.http.per_s),
        cpu_us: of(|r| r.http.cpu_us),
    };
    let direct = Measured {
        per_s: of(|r| r.direct.per_s),
        cpu_us: of(|r| r.direct.cpu_us),
    };
    let ratio = of(|r| r.http.per_s / r.direct.per_s);
    line(what, http, direct);
    json!({
        "http_per_s": http.per_s.round(),
        "direct_per_s": direct.per_s.round(),
        "http_cpu_us": rounded(http.cpu_us),
        "direct_cpu_us": rounded(direct.cpu_us),
        "ratio": rounded(ratio),
    })
}

/// A server on a fresh file.
struct Served {
    address: SocketAddr,
    port: Port,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn open(path: &Path) -> anyhow::Result<Self> {
        let port = Port::sqlite(path).await?;
        let clock = std::sync::Arc::new(SystemClock);
        let app = App::new(Duly::with_store(port.store.clone(), clock));
        let listener = bind("127.0.0.1:0".parse()?, &Options::default()).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let patience = Duration::from_secs(5);
        let serving = tokio::spawn(serve(listener, router(app), stopped, patience));
        Ok(Self {
            address,
            port,
            stop,
            serving,
        })
    }

    async fn close(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        self.serving.await?;
        self.port.store.close().await?;
        Ok(())
    }
}
