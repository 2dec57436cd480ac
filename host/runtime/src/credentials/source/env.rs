//! A value in an environment variable.

use super::Value;

pub(super) fn read(key: &str, variable: &str) -> Result<Value, String> {
    match std::env::var(variable) {
        Ok(value) => Ok(Value::new(value.into_bytes())),
        Err(std::env::VarError::NotPresent) => Err(format!(
            "the environment variable `{variable}` is not set\nhint: set it, or say under `{key}` where the secret is"
        )),
        Err(_) => Err(format!(
            "the environment variable `{variable}` is not UTF-8"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::text;
    use crate::config::SecretSource;

    #[tokio::test]
    async fn an_unset_variable_is_named() {
        let unset = SecretSource::Env("WRITEBACK_TEST_UNSET".into());
        assert_eq!(
            text(&unset).await.unwrap_err(),
            "the environment variable `WRITEBACK_TEST_UNSET` is not set\nhint: set it, or say under `client_secret` where the secret is"
        );
    }
}
