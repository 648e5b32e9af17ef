//! Where a server is, in the forms that Ollama itself accepts.

use reqwest::Url;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use thiserror::Error;

/// Ollama's port.
const PORT: u16 = 11434;

/// The address of a server. It never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// An address that cannot be used. None of its variants holds what stood before an `@` or behind a `?`, where secrets are.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It has a user or a password in it.
    #[error("the server's address holds credentials, which would show in logs and records\nhint: leave them out")]
    Credentials,
    /// Another scheme.
    #[error("`{0}` is no address of a server: only http:// and https:// are spoken")]
    Scheme(String),
    /// No port.
    #[error("`{address}` is no address of a server: `{port}` is no port")]
    Port {
        /// What was given.
        address: String,
        /// The part of it that should be a port.
        port: String,
    },
    /// Anything else.
    #[error("`{0}` is no address of a server\nhint: host, host:port, http://host:port or https://host")]
    Malformed(String),
}

impl Address {
    /// Reads `host`, `host:port`, `:port`, `http://host[:port][/path]` and the same with `https://`, with IPv6 in brackets.
    /// The port is 11434 if none is given, and 80 or 443 behind a written-out scheme, as it is for Ollama's own client. The
    /// address of all interfaces, which a server listens on, is read as the loopback one.
    ///
    /// # Errors
    /// If it is no such thing or holds credentials.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let given = text.trim().trim_matches(['"', '\'']);
        // Looked for everywhere, since a password may hold a slash or a colon of its own.
        if given.contains('@') {
            return Err(AddressError::Credentials);
        }
        let (shown, query) = match given.find(['?', '#']) {
            Some(end) => (&given[..end], true),
            None => (given, false),
        };
        let malformed = || AddressError::Malformed(shown.to_owned());
        let (written, rest) = match shown.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, shown),
        };
        let scheme = match written.as_deref() {
            None | Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(_) => return Err(AddressError::Scheme(shown.to_owned())),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority).ok_or_else(malformed)?;
        // Whoever writes a scheme means to write a host too.
        if written.is_some() && host.is_empty() && port.is_none() {
            return Err(malformed());
        }
        let port = match port {
            None if written.is_some() => scheme.port(),
            None => PORT,
            Some(port) => port
                .parse::<NonZeroU16>()
                .map_err(|_| AddressError::Port {
                    address: shown.to_owned(),
                    port: port.to_owned(),
                })?
                .get(),
        };
        let host = match host.as_str() {
            "" | "0.0.0.0" => "127.0.0.1".to_owned(),
            "[::]" => "[::1]".to_owned(),
            _ => host,
        };
        let path = path.trim_end_matches('/').to_owned();
        let address = Address {
            scheme,
            host,
            port,
            path,
        };
        let spaced = shown.contains(char::is_whitespace);
        if query || spaced || Url::parse(&address.to_string()).is_err() {
            return Err(malformed());
        }
        Ok(address)
    }

    /// Whether what is said to it is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether it is on this machine, as far as its name tells.
    pub fn is_loopback(&self) -> bool {
        let host = self
            .host
            .trim_matches(['[', ']'])
            .trim_end_matches('.')
            .to_ascii_lowercase();
        match host.parse::<IpAddr>() {
            Ok(ip) => ip.to_canonical().is_loopback(),
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }

    /// The address of an endpoint.
    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{self}{endpoint}")
    }
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// Host, in brackets if it is IPv6, and port. An empty port is none.
fn split_port(authority: &str) -> Option<(String, Option<&str>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        match rest.strip_prefix(':') {
            None if !rest.is_empty() => return None,
            port => (format!("[{host}]"), port),
        }
    } else if authority.matches(':').count() > 1 {
        (format!("[{authority}]"), None)
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (authority.to_owned(), None),
        }
    };
    Some((host, port.filter(|port| !port.is_empty())))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}{}", self.scheme.name(), self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_ollama_accepts_is_understood() {
        for (given, meant) in [
            ("", "http://127.0.0.1:11434"),
            ("llm-server", "http://llm-server:11434"),
            ("llm-server:80", "http://llm-server:80"),
            (":1234", "http://127.0.0.1:1234"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:99", "http://127.0.0.1:99"),
            ("http://llm-server:11434/", "http://llm-server:11434"),
            ("http://llm-server", "http://llm-server:80"),
            ("HTTP://llm-server:1/ollama/", "http://llm-server:1/ollama"),
            ("https://llm-server", "https://llm-server:443"),
            ("HTTPS://llm-server:8443/ollama", "https://llm-server:8443/ollama"),
            ("https://[::1]", "https://[::1]:443"),
            ("[::1]", "http://[::1]:11434"),
            ("[::1]:5", "http://[::1]:5"),
            ("::1", "http://[::1]:11434"),
            ("[::]:7", "http://[::1]:7"),
            (" \"127.0.0.1:8\" ", "http://127.0.0.1:8"),
        ] {
            assert_eq!(
                Address::parse(given).map(|address| address.to_string()),
                Ok(meant.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let refused = |given| Address::parse(given).expect_err(given);
        assert!(matches!(refused("ftp://host"), AddressError::Scheme(_)));
        for given in ["host:many", "host:0", "host:65536", "host:-1", "http://host:x/path"] {
            assert!(matches!(refused(given), AddressError::Port { .. }), "{given}");
        }
        for given in [
            "a host",
            "[::1",
            "[::1]5",
            "1:2:3:x",
            "host/a?b",
            "host#a",
            "ho<st",
            "http://",
            "https:///x",
        ] {
            assert!(matches!(refused(given), AddressError::Malformed(_)), "{given}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (given, here) in [
            ("", true),
            ("localhost", true),
            ("https://LOCALHOST.:1", true),
            ("gpu.localhost", true),
            ("127.9.9.9", true),
            ("[::1]:5", true),
            ("[::ffff:127.0.0.1]", true),
            ("0.0.0.0", true),
            ("10.0.0.1", false),
            ("localhost.example", false),
            ("[fe80::1]", false),
        ] {
            let address = Address::parse(given).expect(given);
            assert_eq!(address.is_loopback(), here, "{given}");
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        for given in [
            "http://me:secret@host",
            "http://me:sec/secret@host",
            "me:secret@host:1",
            "https://secret@host",
            "host?key=secret",
            "https://host/?key=secret",
            "host:many?key=secret",
        ] {
            let error = Address::parse(given).expect_err(given);
            assert!(!format!("{error} {error:?}").contains("secret"), "{given}");
        }
    }
}
