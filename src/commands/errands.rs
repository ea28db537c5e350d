//! What sending and receiving share: entering the room, and how it ends.

use crate::app::Attendance;
use crate::config::Config;
use crate::errand::Ending;
use crate::json::Failure;
use crate::report::Code;
use crate::shell::{Plan, Shell};

/// Enters the room.
pub(super) async fn enter(
    plan: Plan,
    config: &Config,
    attendance: Attendance,
) -> anyhow::Result<Shell> {
    let entrance = plan
        .prepare(config)
        .await
        .map_err(|error| Failure::new(Code::Server, format!("{error:#}")))?;
    Shell::without_camera(entrance, config, attendance)
}

/// How the command ends.
pub(super) fn ended(ending: Ending) -> anyhow::Result<()> {
    match ending {
        Ending::Done => Ok(()),
        Ending::Failed { code, text } => Err(Failure::new(code, text).into()),
    }
}
