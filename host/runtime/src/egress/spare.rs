//! A connection that is opened while its request waits for something else. It belongs to that request, and goes with it.

use std::cell::RefCell;

use http::Uri;
use http::uri::{Authority, Scheme};

use super::connect::ConnectError;
use super::stream::Stream;
use crate::task::Task;

/// A connection on its way, or open.
pub(crate) struct Spare {
    to: (Option<Scheme>, Option<Authority>),
    opening: Task<Result<Stream, ConnectError>>,
}

tokio::task_local! {
    static SPARE: RefCell<Option<Spare>>;
}

impl Spare {
    pub(super) fn new(
        uri: &Uri,
        connecting: impl Future<Output = Result<Stream, ConnectError>> + Send + 'static,
    ) -> Self {
        Self {
            to: place(uri),
            opening: Task::spawn(connecting),
        }
    }

    /// Sends, over this connection where one is needed.
    pub(crate) async fn lent_to<F: Future>(self, sending: F) -> F::Output {
        SPARE.scope(RefCell::new(Some(self)), sending).await
    }
}

/// The connection that was opened for the request under way, if it leads there.
pub(super) fn take(
    uri: &Uri,
) -> Option<impl Future<Output = Result<Stream, ConnectError>> + use<>> {
    let taken = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        spare.take_if(|spare| spare.to == place(uri))
    });
    let Spare { opening, .. } = taken.ok().flatten()?;
    Some(async move {
        let opened = opening.await;
        opened.unwrap_or_else(|error| Err(ConnectError::ended(error)))
    })
}

fn place(uri: &Uri) -> (Option<Scheme>, Option<Authority>) {
    (uri.scheme().cloned(), uri.authority().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spare(uri: &str) -> Spare {
        let refused = ConnectError::Denied("not there".to_owned());
        Spare::new(&uri.parse().unwrap(), async move { Err(refused) })
    }

    #[tokio::test]
    async fn a_connection_is_for_the_request_that_it_was_opened_for_and_for_one_connection() {
        let (there, elsewhere) = ("https://a.example:8443/x", "https://a.example/x");
        assert!(
            take(&there.parse().unwrap()).is_none(),
            "nothing is lent here"
        );
        spare(there)
            .lent_to(async {
                assert!(take(&elsewhere.parse().unwrap()).is_none());
                let opened = take(&"https://a.example:8443/".parse().unwrap())
                    .unwrap()
                    .await;
                assert!(matches!(opened, Err(ConnectError::Denied(_))));
                assert!(take(&there.parse().unwrap()).is_none(), "it is spent");
            })
            .await;
    }
}
