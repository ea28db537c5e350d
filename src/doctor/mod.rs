//! `peersnap doctor`: what works here, and what to do about the rest.
//!
//! Each thing that is looked at has a file: it looks, which is thin and takes what it takes, and
//! judges what was seen, which is pure. All look at once, and none for longer than [`LIMIT`], so
//! that a dead network or disk is told of and not waited for.

mod camera;
mod clock;
mod finding;
mod folders;
mod ice;
mod lan;
mod relay;
mod series;
mod server;
mod socket;
mod stun;
mod table;
mod terminal;
mod udp;

use crate::cli::{Doctor, Options};
use crate::config::{self, Config};
use crate::io::display;
use crate::json::{self, Reader};
use crate::report::{Code, Verdict};
use crate::terminal::capabilities::Environment;
use anyhow::Context as _;
use finding::{Finding, Subject};
use std::time::Duration;
use table::Table;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Looks at everything, and prints what was found; [`Code::Failed`] if something does not work.
pub async fn doctor(doctor: Doctor, reader: Reader) -> anyhow::Result<Option<Code>> {
    let Doctor { camera, save, common, display } = doctor;
    let named = common.config.clone();
    let options = Options { common, camera, save, display, ..Options::default() };
    let (config, config_file) = match Config::load(options.clone()) {
        Ok(config) => (config, Ok(())),
        // What is wrong with the file is one of the things to be told.
        Err(error) => (Config::without_file(options)?, Err(format!("{error:#}"))),
    };
    let path = named.or_else(config::usual_path);
    let environment = Environment::read(|name| std::env::var(name).ok());
    let table = Table::of(&environment);
    let mut worst = Verdict::Good;
    for looking in begin(config, environment, reader, folders::config(path.as_deref(), config_file))
    {
        for finding in looking.await.context("looking")? {
            worst = worst.max(finding.verdict);
            match reader {
                Reader::Program => json::print(finding.report()),
                Reader::Person => table.print(&finding),
            }
            .context("writing what was found")?;
        }
    }
    Ok((worst == Verdict::Bad).then_some(Code::Failed))
}

/// Begins to look at everything; in the order in which it is told.
fn begin(
    config: Config,
    environment: Environment,
    reader: Reader,
    config_file: Finding,
) -> Vec<JoinHandle<Vec<Finding>>> {
    let (spec, save, state) = (config.camera.clone(), config.save.clone(), config.state.clone());
    let identity = state.clone();
    let no_lan = config.no_lan;
    let wishes = display::remember(state.as_deref(), &environment.kind(), config.wishes);
    let wishes = wishes.or(config.usual_wishes);
    let mut all = vec![
        blocking(Subject::Terminal, move || terminal::check(&environment, wishes, reader)),
        blocking(Subject::Camera, move || camera::check(spec)),
        blocking(Subject::SaveFolder, move || folders::save(&save)),
        blocking(Subject::StateFolder, move || folders::state(state.as_deref())),
        tokio::spawn(async move { vec![config_file] }),
        blocking(Subject::Identity, move || folders::identity(identity.as_deref())),
    ];
    all.push(tokio::spawn(async move { network(&config).await }));
    all.push(blocking(Subject::Udp, udp::check));
    all.push(blocking(Subject::Lan, move || lan::check(no_lan)));
    all
}

/// The server, what its clock says, and what it hands out: one after the other.
async fn network(config: &Config) -> Vec<Finding> {
    let seen = server::look(config).await;
    let answer = seen.answer();
    let clock = clock::check(seen.date());
    let ways = ice::check(answer.map(|answer| answer.ice_servers.as_slice())).await;
    [server::judge(&seen), clock].into_iter().chain(ways).collect()
}

/// Looks on a thread of its own, which is given up if it takes too long.
fn blocking(
    subject: Subject,
    look: impl FnOnce() -> Finding + Send + 'static,
) -> JoinHandle<Vec<Finding>> {
    tokio::spawn(async move {
        let finding = match timeout(LIMIT, tokio::task::spawn_blocking(look)).await {
            Ok(Ok(finding)) => finding,
            Ok(Err(error)) => subject.bad(format!("looking at it failed: {error}"), REPORT_IT),
            Err(_) => {
                let text = format!("it does not answer in {} s", LIMIT.as_secs());
                subject.bad(text, "a disk or a device hangs: the system's own log may say which")
            }
        };
        vec![finding]
    })
}

/// For each thing that is looked at.
const LIMIT: Duration = Duration::from_secs(5);
const REPORT_IT: &str = "this should not happen: please report it";
