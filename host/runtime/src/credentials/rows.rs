//! Where rows are appended to a table of an account's service: the program's right alone, which no component has.

use writeback_policy::Binding;

/// A service that takes rows.
pub(crate) struct Rows {
    /// Tables are below it.
    above: String,
}

impl Rows {
    /// Domo's `PUT /v1/datasets/{id}/data`, which replaces all rows where its method is not spelled like this.
    pub(super) fn of_domo(binding: &Binding) -> Result<Self, String> {
        let above = format!("{}/v1/datasets", binding.endpoint("api")?);
        Ok(Self { above })
    }

    /// Where rows of the table go.
    pub(crate) fn url(&self, table: &str) -> Result<String, String> {
        match is_guid(table) {
            true => Ok(format!("{}/{table}/data?updateMethod=APPEND", self.above)),
            false => Err(format!(
                "`{}` is no DataSet's id\nhint: copy it from the DataSet's address in Domo, such as \
                 `08a061e2-12a2-4646-b4bc-20beddb403e3`",
                crate::printable::line(table, 64)
            )),
        }
    }
}

/// What helps where rows are refused with this status.
pub(crate) fn hint(status: u16) -> Option<&'static str> {
    match status {
        400 => Some(
            "rows go into a DataSet that was made through Domo's API, that has exactly their columns, and that the \
             API client's user may change",
        ),
        401 | 403 => Some(
            "the account's API client needs the scope `data`, and `scope`, where it is set, must name it",
        ),
        404 => Some("copy the DataSet's id from its address in Domo"),
        _ => None,
    }
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| match hyphen(at) {
        true => byte == b'-',
        false => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AccountConfig, DomoAccount, SecretSource};

    fn binding() -> Binding {
        let secret = SecretSource::Env("UNSET".to_owned());
        let config = AccountConfig::Domo(DomoAccount::new("id", secret));
        Binding::new("domo", &config).unwrap()
    }

    #[test]
    fn rows_go_to_a_dataset_of_the_accounts_own_service() {
        let rows = Rows::of_domo(&binding()).unwrap();
        let id = "08a061e2-12a2-4646-b4bc-20beddb403e3";
        let url = rows.url(id).unwrap();
        assert_eq!(
            url,
            format!("https://api.domo.com/v1/datasets/{id}/data?updateMethod=APPEND")
        );
        for wrong in [
            "",
            "08a061e2",
            "../08a061e2-12a2-4646-b4bc-20beddb40",
            "08a061e2-12a2-4646-b4bc-20beddb403e3/",
            "08a061e2-12a2-4646-b4bc-20beddb403e?",
            "08a061e2012a2-4646-b4bc-20beddb403e3",
            "08a061e2-12a2-4646-b4bc-20beddb403e\n",
            "08a061e2-12a2-4646-b4bc-20beddb403é",
        ] {
            assert!(rows.url(wrong).is_err(), "{wrong}");
        }
    }

    /// The right is the program's: what a component may ask of the account is what it was.
    #[test]
    fn a_component_may_not_put() {
        let binding = binding();
        let rows = Rows::of_domo(&binding).unwrap();
        let url = rows.url("08a061e2-12a2-4646-b4bc-20beddb403e3").unwrap();
        let (url, origin) = writeback_policy::parse_url(&url).unwrap();
        let verdict = |method| binding.reach.permits(&method, &url, &origin);
        assert_eq!(verdict(http::Method::GET), Some(Ok(())));
        let denied = "PUT is not used on `https://api.domo.com`".to_owned();
        assert_eq!(verdict(http::Method::PUT), Some(Err(denied)));
    }
}
