//! Without the feature `nats` there is no bus, and a server is alone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Server;

/// What there is none of.
#[derive(Debug, Clone)]
pub enum Bus {}

impl Bus {
    #[expect(clippy::unused_async, reason = "it stands for one that waits")]
    pub(super) async fn run(self, _: Arc<Server>, _: CancellationToken) {
        match self {}
    }
}
