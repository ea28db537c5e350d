//! The loops around errands: they wait for whatever happens next, and decide nothing.

use super::hooks::{Arrived, Hooks};
use super::place::Place;
use super::receive::Receive;
use super::send::Send;
use super::shooting::Appetite;
use super::signals::Signals;
use super::supply::{Supplied, Supply};
use super::voice::Voice;
use super::{Ending, sink::Sink};
use crate::json::Failure;
use crate::report::{Code, Report};
use anyhow::Context as _;
use std::time::Instant;

/// Sends.
pub async fn send(
    mut place: Place,
    mut errand: Send,
    mut supply: Supply,
    mut voice: Voice,
) -> anyhow::Result<Ending> {
    let mut signals = Signals::listen()?;
    let ending = loop {
        while let Some(order) = errand.poll_order() {
            place.order(order).await.context("asking the daemon")?;
        }
        if let Some(ending) = errand.ending() {
            break ending.clone();
        }
        let deadline = errand.poll_timeout();
        let appetite = if errand.wants_parcel() { Appetite::Hungry } else { Appetite::Sated };
        tokio::select! {
            report = place.next() => match report {
                Some(report) => {
                    errand.handle(&report, Instant::now());
                    voice.tell(&report).await;
                }
                None => break Ending::failed(Code::Failed, ROOM_GONE),
            },
            supplied = supply.next(appetite) => match supplied {
                Supplied::Parcel(parcel, news) => {
                    errand.supply(parcel);
                    voice.tell_all(&news).await;
                }
                Supplied::News(news) => voice.tell_all(&news).await,
                Supplied::Failed(failure) => {
                    voice.tell(&Report::error(failure.code, &failure.text)).await;
                    errand.fail(failure.code, &failure.text);
                }
                Supplied::Impossible(failure) => {
                    errand.fail(failure.code, &failure.text);
                    errand.exhausted(Instant::now());
                }
                Supplied::Exhausted => errand.exhausted(Instant::now()),
            },
            () = sleep_until(deadline), if deadline.is_some() => {
                errand.handle_timeout(Instant::now());
            }
            code = signals.next() => errand.interrupt(code),
            () = voice.gone() => break Ending::failed(Code::Output, OUTPUT_GONE),
        }
    };
    voice.tell_all(&place.rest()).await;
    place.close().await;
    // That all was sent counts for more than whether somebody read of it.
    let _ = voice.finish().await;
    Ok(ending)
}

/// Receives.
pub async fn receive(
    mut place: Place,
    mut errand: Receive,
    mut hooks: Option<Hooks>,
    mut sink: Sink,
    mut voice: Voice,
) -> anyhow::Result<Ending> {
    let mut signals = Signals::listen()?;
    let ending = loop {
        while let Some(order) = errand.poll_order() {
            place.order(order).await.context("asking the daemon")?;
        }
        if let Some(ending) = errand.ending() {
            break ending.clone();
        }
        let deadline = errand.poll_timeout();
        tokio::select! {
            report = place.next() => {
                let Some(report) = report else {
                    break Ending::failed(Code::Failed, ROOM_GONE);
                };
                if errand.ignores(&report) {
                    errand.handle(&report);
                    continue;
                }
                errand.handle(&report);
                let taken = match sink.take(report, &mut voice).await {
                    Ok(taken) => taken,
                    // Its sender has a receipt all the same: the file is here, whole.
                    Err(Failure { code, text }) => break Ending::Failed { code, text },
                };
                if let Some(report) = taken
                    && let Report::Received { path, file, digest, from, .. } = report
                    && let Some(hooks) = &mut hooks
                    && let Some(report) = hooks.push(Arrived { path, file, digest, from })
                {
                    voice.tell(&report).await;
                }
            }
            report = hook_ends(&mut hooks) => voice.tell(&report).await,
            () = sleep_until(deadline), if deadline.is_some() => {
                errand.handle_timeout(Instant::now());
            }
            code = signals.next() => errand.interrupt(code),
            () = voice.gone() => break Ending::failed(Code::Output, OUTPUT_GONE),
        }
    };
    voice.tell_all(&place.rest()).await;
    // Receipts go out while hooks still run.
    place.close().await;
    let ending = finish_hooks(hooks, ending, &mut signals, &mut voice).await;
    match voice.finish().await {
        Err(_) if ending == Ending::Done => Ok(Ending::failed(Code::Output, OUTPUT_GONE)),
        _ => Ok(ending),
    }
}

/// Waits for the hooks that run and wait, unless the system ends the errand.
async fn finish_hooks(
    hooks: Option<Hooks>,
    ending: Ending,
    signals: &mut Signals,
    voice: &mut Voice,
) -> Ending {
    let Some(mut hooks) = hooks else { return ending };
    let was_stopped =
        matches!(ending, Ending::Failed { code: Code::Interrupted | Code::Terminated, .. });
    while !was_stopped && !hooks.are_over() {
        tokio::select! {
            report = hooks.next() => voice.tell(&report).await,
            code = signals.next() => return Ending::failed(code, "stopped before all hooks had ended"),
        }
    }
    match (hooks.failure(), ending) {
        (Some(code), Ending::Done) => Ending::failed(code, "a hook failed"),
        (_, ending) => ending,
    }
}

async fn hook_ends(hooks: &mut Option<Hooks>) -> Report {
    match hooks {
        Some(hooks) => hooks.next().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

const ROOM_GONE: &str = "the daemon that keeps the room open is gone";
const OUTPUT_GONE: &str = "nobody reads standard output any more";
