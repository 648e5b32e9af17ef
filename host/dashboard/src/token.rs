//! What shows that a browser was sent here by whoever started the dashboard.

use std::fmt;
use subtle::ConstantTimeEq;

/// 128 random bits as hexadecimal digits: as a part of the address, in which no other page can read them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Token(bits.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Whether a text is this token. How long that takes does not say how much of it is right.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_another_and_only_the_whole_of_it_is_it() {
        let token = Token::new().expect("random bits");
        assert_ne!(token, Token::new().expect("random bits"));
        assert!(token.is(token.as_str()));
        for other in ["", &token.as_str()[..31], &format!("{}0", token.as_str())] {
            assert!(!token.is(other), "{other}");
        }
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
