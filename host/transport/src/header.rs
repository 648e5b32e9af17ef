//! Headers that a user adds to every request, for a gateway before the server.

use crate::secret::Secret;
use reqwest::header::{HeaderName, HeaderValue};
use thiserror::Error;

/// Headers that frame a request. They are the client's own.
const FRAMING: [&str; 5] = [
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "upgrade",
];

/// A header whose value is never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    name: HeaderName,
    value: Secret,
}

/// A header that cannot be sent. None of its variants holds a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Without a colon, or with a name that is none. What was given is not shown, since all of it may be the secret.
    #[error("a header has no name\nhint: 'Name: value', such as 'Authorization: Bearer …'")]
    Name,
    /// A value with a line feed or another character that a header cannot have.
    #[error("the value of the header `{0}` cannot be sent: only visible ASCII and spaces can")]
    Value(String),
    /// A header that the client sets by itself.
    #[error("the header `{0}` is set by the client itself\nhint: leave it out")]
    Framing(String),
}

impl Header {
    /// Reads `Name: value`.
    ///
    /// # Errors
    /// If it has no name, a value that cannot be sent, or is the client's own to set.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let (name, value) = text.split_once(':').ok_or(HeaderError::Name)?;
        let name: HeaderName = name.trim().parse().map_err(|_| HeaderError::Name)?;
        let header = Header {
            name,
            value: Secret::new(value.trim()),
        };
        if FRAMING.contains(&header.name()) {
            return Err(HeaderError::Framing(header.name().to_owned()));
        }
        match header.sent() {
            Some(_) => Ok(header),
            None => Err(HeaderError::Value(header.name().to_owned())),
        }
    }

    /// Its name, in lower case.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Its value.
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// Name and value as they are sent, marked so that no log of the HTTP client shows the value.
    pub(crate) fn sent(&self) -> Option<(HeaderName, HeaderValue)> {
        let mut value = HeaderValue::from_str(self.value.revealed()).ok()?;
        value.to_str().ok()?;
        value.set_sensitive(true);
        Some((self.name.clone(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_a_colon_and_a_value() {
        let header = Header::parse(" Authorization :  Bearer a:b ").expect("a header");
        assert_eq!(
            (header.name(), header.value().revealed()),
            ("authorization", "Bearer a:b")
        );
        assert_eq!(Header::parse("X-Empty:").expect("a header").value().revealed(), "");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_showing_it() {
        let framing = |name: &str| HeaderError::Framing(name.to_owned());
        let value = |name: &str| HeaderError::Value(name.to_owned());
        for (given, error) in [
            ("secret", HeaderError::Name),
            (": secret", HeaderError::Name),
            ("secret secret: secret", HeaderError::Name),
            ("X-Key: secret\nX-Other: secret", value("x-key")),
            ("X-Key: sécret", value("x-key")),
            ("Content-Length: secret", framing("content-length")),
            ("TRANSFER-ENCODING: secret", framing("transfer-encoding")),
        ] {
            let refused = Header::parse(given).expect_err(given);
            assert_eq!(refused, error, "{given}");
            assert!(!format!("{refused} {refused:?}").contains("secret"), "{given}");
        }
        let header = Header::parse("X-Key: secret").expect("a header");
        assert!(!format!("{header:?} {:?}", header.sent()).contains("secret"));
    }
}
