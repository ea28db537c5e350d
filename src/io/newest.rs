//! Work of which the newest is wanted alone: while one piece is done, what is wished for meanwhile
//! takes the place of what was wished for before.

use std::future::Future;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Takes wishes. The task that fulfils them ends with it.
#[derive(Debug)]
pub struct Newest<T>(watch::Sender<Option<T>>);

impl<T: Clone + Send + Sync + 'static> Newest<T> {
    /// Does this for each wish that no newer one has taken the place of, one after the other.
    pub fn spawn<F>(tasks: &TaskTracker, work: impl Fn(T) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, mut wishes) = watch::channel(None);
        tasks.spawn(async move {
            while wishes.changed().await.is_ok() {
                let wish: Option<T> = wishes.borrow_and_update().clone();
                if let Some(wish) = wish {
                    work(wish).await;
                }
            }
        });
        Self(sender)
    }

    /// Wishes for this, in place of what was not begun yet.
    pub fn wish(&self, wish: T) {
        self.0.send_replace(Some(wish));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn while_one_is_done_the_newest_of_the_others_is_next() {
        let (tasks, (done, mut all)) = (TaskTracker::new(), mpsc::channel(8));
        let (go_on, turn) = watch::channel(0);
        let newest = Newest::spawn(&tasks, move |wish: u32| {
            let (done, mut turn) = (done.clone(), turn.clone());
            async move {
                done.send(wish).await.expect("somebody looks");
                turn.wait_for(|turn| *turn >= wish).await.expect("it is given");
            }
        });
        newest.wish(1);
        assert_eq!(all.recv().await, Some(1));
        (2..9).for_each(|wish| newest.wish(wish));
        go_on.send_replace(8);
        assert_eq!(all.recv().await, Some(8));
        drop(newest);
        tasks.close();
        tasks.wait().await;
        assert_eq!(all.recv().await, None, "nothing else was done");
    }
}
