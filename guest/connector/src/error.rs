//! Why a job ended without a receipt: stable codes, and the text for people.
//!
//! A failure never holds a secret, a token or a pre-authenticated URL.

use std::fmt;

macro_rules! codes {
    ($($name:ident $code:literal $meaning:literal)*) => {
        /// A stable word for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $meaning] $name,)* }

        impl Code {
            /// The word, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }

        /// Every code with its meaning; the documentation is checked against it.
        pub const CODES: &[(&str, &str)] = &[$(($code, $meaning),)*];
    };
}

codes! {
    JobInvalid "job-invalid" "The job has problems; the message lists all of them"
    QueryInvalid "query-invalid" "The browse query has problems; the message lists all of them"
    AccountUndeclared "account-undeclared" "The job names an account that the configuration does not have, or of another kind"
    SignInDomo "sign-in-domo" "Domo refused the client id and secret, or the token that came of them"
    SignInSharePoint "sign-in-sharepoint" "Entra ID refused the application, or SharePoint its token"
    Cancelled "cancelled" "The run was cancelled"
    Denied "denied" "The host's policy forbids a request; the message has the configuration line that would allow it"
    LimitReached "limit-reached" "A limit of the run was reached; the message names its setting"
    DeadlineReached "deadline-reached" "The job's `deadline_seconds` came before the job was done"
    SpoolFull "spool-full" "The export is larger than the room that the run has for it"
    SpoolFailed "spool-failed" "The host could not keep or return the export's bytes"
    CheckpointFailed "checkpoint-failed" "The host could not keep the run's state"
    DomoUnavailable "domo-unavailable" "Domo could not be reached, was in maintenance, or kept failing"
    DomoThrottled "domo-throttled" "Domo asked for fewer requests for longer than the job may wait"
    DomoRefused "domo-refused" "Domo refused a request for a reason without a code of its own here"
    DataSetNotFound "dataset-not-found" "No such DataSet, as far as the Domo client can see"
    DataSetForbidden "dataset-forbidden" "The Domo client's user has no access to the DataSet"
    DataSetDeleted "dataset-deleted" "The DataSet was deleted"
    NotOwner "not-owner" "The Domo client's user is not the DataSet's owner, and `owner = \"enforce\"`"
    PdpRefused "pdp-refused" "The DataSet has personalized data permissions, and `pdp = \"refuse\"`"
    ExportNotCsv "export-not-csv" "Domo answered the export with something that is not CSV"
    ExportMalformed "export-malformed" "The exported CSV has a record of the wrong width or an open quote"
    RowsMismatch "rows-mismatch" "The export does not have the rows that Domo says the DataSet has"
    ExportEmpty "export-empty" "The export has no rows, and the job does not say `if_empty`"
    TooFewRows "too-few-rows" "The export has fewer rows than the job's `min_rows`"
    ColumnsDiffer "columns-differ" "The export's columns are not the job's `expect_columns`"
    Shrunk "shrunk" "The export is smaller than the file that it would replace by more than the job's `max_shrink`"
    SharePointUnavailable "sharepoint-unavailable" "SharePoint or Microsoft Graph could not be reached or kept failing"
    SharePointThrottled "sharepoint-throttled" "SharePoint asked for fewer requests for longer than the job may wait"
    SharePointForbidden "sharepoint-forbidden" "The application may not do this on this site"
    SharePointRefused "sharepoint-refused" "SharePoint refused a request for a reason without a code of its own here"
    SiteNotFound "site-not-found" "No such site, as far as the application can see"
    SiteAmbiguous "site-ambiguous" "The search finds several sites; the message lists them"
    LibraryNotFound "library-not-found" "The site has no such document library; the message lists those it has"
    LibraryAmbiguous "library-ambiguous" "Several document libraries of the site go by that name"
    FolderNotFound "folder-not-found" "The folder does not exist, and `create_folders = false`"
    FolderIsFile "folder-is-file" "A part of the folder path is a file"
    NameIsFolder "name-is-folder" "A folder already has the file's name"
    NameRefused "name-refused" "SharePoint cannot hold the file's name or path"
    NamesExhausted "names-exhausted" "Other writers took every name that was tried"
    FileLocked "file-locked" "The file is open or checked out elsewhere and stayed so"
    QuotaExceeded "quota-exceeded" "The library has no room for the file"
    UploadInProgress "upload-in-progress" "Another upload of the same file is under way"
    UploadFailed "upload-failed" "The upload session was lost again and again"
    VerifyMismatch "verify-mismatch" "SharePoint does not hold what left Domo"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a job ended without a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub code: Code,
    /// What failed, on what, what the service said, how often it was tried.
    pub message: String,
    /// One action that would help.
    pub hint: Option<String>,
    /// Seconds after which starting again may succeed.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A failure without hint that starting again will not cure.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            retry_after: None,
        }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, worth another start after so many seconds.
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The run is being cancelled.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "the run was cancelled")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
