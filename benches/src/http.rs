//! Submits over HTTP, beside the same store called directly, in turn and in the same run.
//!
//! The server, its clients and the direct callers are of one process and one runtime. Requests are
//! prepared before the clock starts and sent over raw connections that are kept, so that the clients
//! cost little of what the server is measured by.

mod bulk;
mod client;
mod single;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use duly::Duly;
use duly_server::{App, Options, bind, router, serve};
use duly_store::SystemClock;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::HttpArgs;
use crate::sqlite::latency::{figures, fsyncs};
use crate::sqlite::port::Port;
use crate::stats::{median, rounded};

/// Tasks per second in one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    direct: f64,
    http: f64,
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
    println!(
        "submits at synchronous=FULL: {} tasks in batches of {} by {} callers, {} one by one by {}",
        args.tasks,
        bulk::BATCH,
        bulk::CALLERS,
        args.singles,
        single::CALLERS
    );
    let fsync = figures("fsync (4 KiB)", &mut fsyncs(&dir.join("fsync"))?);
    let (mut bulks, mut singles) = (Vec::new(), Vec::new());
    for round in 0..args.rounds {
        let file = |who: &str| dir.join(format!("{who}-{round}.db"));
        let bulk = Round {
            direct: bulk::direct(&file("bulk-direct"), args.tasks).await?,
            http: bulk::http(&file("bulk-http"), args.tasks).await?,
        };
        let single = Round {
            direct: single::direct(&file("single-direct"), args.singles).await?,
            http: single::http(&file("single-http"), args.singles).await?,
        };
        println!(
            "round {}: bulk {:.0}/s, direct {:.0}/s; single {:.0}/s, direct {:.0}/s",
            round + 1,
            bulk.http,
            bulk.direct,
            single.http,
            single.direct
        );
        bulks.push(bulk);
        singles.push(single);
    }
    let report = json!({
        "bench": "http",
        "tasks": args.tasks,
        "singles": args.singles,
        "fsync_ms": fsync,
        "bulk": summary("bulk", &bulks),
        "single": summary("single", &singles),
    });
    println!("{report}");
    Ok(())
}

/// Medians of both, and of the ratios round by round.
fn summary(what: &str, rounds: &[Round]) -> Value {
    let of = |of: fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let (http, direct, ratio) = (of(|r| r.http), of(|r| r.direct), of(|r| r.http / r.direct));
    println!("{what:<8} over HTTP {http:>9.0}/s   direct {direct:>9.0}/s   ratio {ratio:.2}");
    json!({
        "http_per_s": http.round(),
        "direct_per_s": direct.round(),
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
