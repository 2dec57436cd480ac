//! Exchanges that were begun before anybody waits for them, a few at a time.

use std::sync::Arc;

use super::exchange::Ended;
use crate::bindings::writeback::connector::http::{Content, Error, Header, Method, Request};
use crate::credentials::Account;
use crate::task::Task;

/// Exchanges under way at a time.
const MOST: usize = 8;

/// A run's exchanges that are under way. They end with it.
#[derive(Default)]
pub(crate) struct Ahead(Vec<(Key, Task<Ended>)>);

/// What makes two requests equal.
#[derive(PartialEq, Eq)]
pub(super) struct Key {
    url: String,
    headers: Vec<(String, String)>,
    account: Option<String>,
}

impl Key {
    /// Of a GET without content.
    pub(super) fn new(request: &Request, account: Option<&Arc<Account>>) -> Self {
        let pair = |header: &Header| (header.name.clone(), header.value.clone());
        Self {
            url: request.url.clone(),
            headers: request.headers.iter().map(pair).collect(),
            account: account.map(|account| account.binding.name.clone()),
        }
    }
}

impl Ahead {
    pub(super) fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    /// Gives up all of them.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    pub(super) fn put(&mut self, key: Key, exchange: impl Future<Output = Ended> + Send + 'static) {
        self.0.push((key, Task::spawn(exchange)));
    }

    /// The exchange of this request, if it is under way.
    pub(super) fn take(
        &mut self,
        request: &Request,
        account: Option<&Arc<Account>>,
    ) -> Option<impl Future<Output = Ended> + use<>> {
        let fits = matches!(
            (request.method, &request.content),
            (Method::Get, Content::Empty)
        );
        if !fits || self.0.is_empty() {
            return None;
        }
        let key = Key::new(request, account);
        let at = self.0.iter().position(|(known, _)| *known == key)?;
        let (_, task) = self.0.swap_remove(at);
        Some(async move {
            task.await.unwrap_or_else(|error| Ended {
                token: None,
                sent: true,
                reply: Err(Error::Transport(format!("the request broke off: {error}"))),
            })
        })
    }
}
