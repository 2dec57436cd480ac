//! A value in a store of the program that embeds the host.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{SignInError, VALUE_BYTES, Value};
use crate::boxed::BoxFuture;

/// As long as a command or a keyring may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program's own place for secrets, which a configuration names `{ store = "KEY" }`.
pub trait SecretStore: Send + Sync {
    /// The value under `key`: text of one line, or the PEM or PFX of a certificate. Asked for when an
    /// account signs in, and not kept by the host any longer than that takes. It has 60 seconds.
    ///
    /// # Errors
    /// Why there is none; see [`SecretError`].
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, SecretError>>;
}

/// Why a store has no value. The text is shown to people after the entry's name, and may end in a line
/// `hint: …`. It must not hold the value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// Asking again is of no use: the run fails.
    Refused(String),
    /// Asking again later may help: the run fails for now.
    Unavailable(String),
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Unavailable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SecretError {}

/// Ends when a store has had its time.
pub(super) fn patience() -> impl Future<Output = ()> {
    tokio::time::sleep(PATIENCE)
}

pub(super) async fn read(
    store: Option<&Arc<dyn SecretStore>>,
    key: &str,
    enough: impl Future<Output = ()>,
) -> Result<Value, SignInError> {
    let told = |why: &str| format!("the store's entry `{key}` cannot be read: {why}");
    let Some(store) = store else {
        return Err(SignInError::Refused(told(
            "this program has no store\nhint: say where the secret is with `env`, `file`, `exec` or `vault`",
        )));
    };
    let read = tokio::select! {
        read = store.read(key) => read,
        () = enough => {
            let text = format!("the store did not answer within {} seconds", PATIENCE.as_secs());
            Err(SecretError::Unavailable(text))
        }
    };
    match read {
        Ok(value) if value.len() > VALUE_BYTES => Err(SignInError::Refused(told(&format!(
            "it is longer than {VALUE_BYTES} bytes"
        )))),
        Ok(value) => Ok(value),
        Err(SecretError::Refused(why)) => Err(SignInError::Refused(told(&why))),
        Err(SecretError::Unavailable(why)) => Err(SignInError::Unavailable(told(&why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with one answer, or none.
    struct Fixed(Option<Result<Vec<u8>, SecretError>>);

    impl SecretStore for Fixed {
        fn read<'a>(
            &'a self,
            _: &'a str,
        ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, SecretError>> {
            match self.0.clone() {
                Some(answer) => Box::pin(async { answer.map(Zeroizing::new) }),
                None => Box::pin(std::future::pending()),
            }
        }
    }

    async fn of(answer: Option<Result<Vec<u8>, SecretError>>) -> Result<Value, SignInError> {
        let store: Arc<dyn SecretStore> = Arc::new(Fixed(answer));
        read(Some(&store), "domo", std::future::pending()).await
    }

    #[tokio::test]
    async fn a_store_gives_values_and_reasons() {
        assert_eq!(
            **of(Some(Ok(b"s3cret".to_vec()))).await.unwrap(),
            *b"s3cret"
        );
        let told = |why: &str| format!("the store's entry `domo` cannot be read: {why}");
        for (error, expected) in [
            (
                SecretError::Refused("it is not there".to_owned()),
                SignInError::Refused(told("it is not there")),
            ),
            (
                SecretError::Unavailable("no route".to_owned()),
                SignInError::Unavailable(told("no route")),
            ),
        ] {
            assert_eq!(of(Some(Err(error))).await, Err(expected));
        }
        let long = of(Some(Ok(vec![b'x'; VALUE_BYTES + 1]))).await;
        let expected = SignInError::Refused(told("it is longer than 65536 bytes"));
        assert_eq!(long, Err(expected));
    }

    #[tokio::test]
    async fn one_that_never_answers_is_given_up() {
        let store: Arc<dyn SecretStore> = Arc::new(Fixed(None));
        let read = read(Some(&store), "domo", async {}).await;
        let text =
            "the store's entry `domo` cannot be read: the store did not answer within 60 seconds";
        assert_eq!(read, Err(SignInError::Unavailable(text.to_owned())));
    }

    #[tokio::test]
    async fn a_program_without_one_says_so() {
        let read = read(None, "domo", std::future::pending()).await;
        let Err(SignInError::Refused(text)) = read else {
            panic!()
        };
        assert!(text.contains("this program has no store\nhint: "), "{text}");
    }
}
