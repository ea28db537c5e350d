//! Why no certificate was had, in a sentence, and what an authority says of it.

use super::settings::Directory;
use super::store::StoreError;
use crate::server::TlsError;
use instant_acme::{Error, Problem};

/// Why an attempt failed. Each is followed by another attempt.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The network or the authority is down, or it is not trusted.
    #[error("the authority at {0} is not reached")]
    Unreached(Directory, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nothing of ACME is there.
    #[error("what answers at {0} is no authority that is understood: {1}")]
    Unheard(Directory, String),
    /// It does not want to, and says why.
    #[error("the authority refuses: {0}")]
    Refused(String),
    /// It knows nothing of the account that is kept.
    #[error("the authority does not know this account any more; there will be another")]
    Stranger,
    /// It came to look, or tried to, and did not find this server.
    #[error("the authority does not find this server at port 443 of {name}: {why}")]
    Unproven {
        /// The name.
        name: String,
        /// What it saw instead.
        why: String,
    },
    /// It would look in other ways alone.
    #[error("the authority does not prove {0} over https (tls-alpn-01)")]
    NoWay(String),
    /// It is still at it.
    #[error("the authority takes too long")]
    TooLong,
    /// What it gave is of no use.
    #[error("the certificate that came will not do")]
    Unfit(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nor is one that lacks a name.
    #[error("the certificate that came is not for all names")]
    Lacking,
    /// It would be asked for again at once, and for ever.
    #[error("the certificate that came is over by this machine's clock, which may be wrong")]
    Over,
    /// Nothing is asked for that could not be kept.
    #[error(transparent)]
    Unkept(#[from] StoreError),
}

impl Refusal {
    /// What it is that the authority at `directory` was asked in vain.
    pub fn of(error: Error, directory: &Directory) -> Self {
        match error {
            Error::Api(problem) => Self::by(&problem),
            Error::Timeout(_) => Self::TooLong,
            Error::Other(cause) => Self::Unreached(directory.clone(), cause),
            error => Self::Unheard(directory.clone(), line(&error.to_string())),
        }
    }

    /// What the authority says itself.
    fn by(problem: &Problem) -> Self {
        match problem.r#type.as_deref() {
            Some(STRANGER) => Self::Stranger,
            _ => Self::Refused(told(problem)),
        }
    }
}

impl From<TlsError> for Refusal {
    fn from(error: TlsError) -> Self {
        Self::Unfit(Box::new(error))
    }
}

/// The words of an authority.
pub fn told(problem: &Problem) -> String {
    let kind = problem.r#type.as_deref().unwrap_or("about:blank");
    let kind = kind.strip_prefix(ERRORS).unwrap_or(kind);
    let mut details = vec![problem.detail.as_deref().unwrap_or("no reason is given")];
    details.extend(problem.subproblems.iter().filter_map(|it| it.detail.as_deref()));
    line(&format!("{} ({kind})", details.join("; ")))
}

/// Text from elsewhere, for a log of lines: no control characters, and no end of it.
fn line(text: &str) -> String {
    let words = text.split(|it: char| it.is_control() || it.is_whitespace());
    let text = words.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    text.chars().take(LINE_CHARACTERS_MAX).collect()
}

/// RFC 8555, section 6.7.
const ERRORS: &str = "urn:ietf:params:acme:error:";
const STRANGER: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
const LINE_CHARACTERS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> Problem {
        serde_json::from_str(json).expect("a problem")
    }

    #[test]
    fn what_an_authority_says_is_told_in_one_line() {
        let said = problem(
            r#"{"type": "urn:ietf:params:acme:error:rejectedIdentifier",
                "detail": "not\n\u001b[31mthis\u0000 one",
                "subproblems": [{"type": null, "detail": "bad name"}]}"#,
        );
        assert_eq!(told(&said), "not [31mthis one; bad name (rejectedIdentifier)");
        assert_eq!(told(&problem("{}")), "no reason is given (about:blank)");
        let long = format!(r#"{{"detail": "{}"}}"#, "é".repeat(10_000));
        assert_eq!(told(&problem(&long)).chars().count(), LINE_CHARACTERS_MAX);
    }

    #[test]
    fn each_kind_of_error_has_a_sentence_of_its_own() {
        let directory = Directory::default();
        let of = |error| Refusal::of(error, &directory).to_string();
        let stranger = problem(r#"{"type": "urn:ietf:params:acme:error:accountDoesNotExist"}"#);
        assert!(of(Error::Api(stranger)).contains("does not know this account"));
        let limit =
            problem(r#"{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"}"#);
        assert_eq!(of(Error::Api(limit)), "the authority refuses: too many (rateLimited)");
        assert_eq!(of(Error::Timeout(None)), "the authority takes too long");
        assert!(
            of(Error::Other("down".into())).ends_with("letsencrypt.org/directory is not reached")
        );
        assert!(of(Error::Str("nonce")).contains("no authority that is understood"));
    }
}
