//! What the environment decides: proxies, and on Linux the certificates that are trusted.
//!
//! The environment belongs to a process, so each test starts this program again with one of its own; `child` is what runs
//! there. It makes one attempt and compares how it ended with what it was told.

use crate::scripted::{DONE, Scripted, completion, nowhere, piece, whole};
use koderz_core::ports::{AttemptError, Model};
use koderz_transport::{Address, Ollama, Options, Proxies, Timeouts};
use std::env;
use std::process::Command;

const HOST: &str = "KODERZ_CHILD_HOST";
const PROXIES: &str = "KODERZ_CHILD_PROXIES";
const ENDS: &str = "KODERZ_CHILD_ENDS";

/// A name that no resolver asks anybody about, since a label of 64 letters is too long.
const ELSEWHERE: &str = "http://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:11434";

#[tokio::test]
#[ignore = "run by the other tests of this file, in a process with an environment of its own"]
async fn child() {
    let (Ok(host), Ok(ends)) = (env::var(HOST), env::var(ENDS)) else {
        return;
    };
    let options = Options {
        proxies: match env::var(PROXIES) {
            Ok(_) => Proxies::Never,
            Err(_) => Proxies::Environment,
        },
        ..Options::default()
    };
    let address = Address::parse(&host).expect("an address");
    let client = Ollama::with(address, Timeouts::default(), options).expect("a client");
    let ended = match client.attempt(&completion()).await {
        Ok(reply) => reply.text,
        Err(AttemptError::Refused(refusal)) => format!("{}: {}", refusal.detail, refusal.message),
        Err(AttemptError::Failed(failure)) => format!("{}: {}", failure.detail, failure.message),
    };
    assert!(ended.starts_with(&ends), "{ended}");
}

/// Asks from a process with this environment, and sees that the attempt ends like this.
async fn asked_from(environment: &[(&str, String)], host: &str, ends: &str) {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "environment::child", "--ignored"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.env(HOST, host).env(ENDS, ends);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("no panic")
        .expect("a process");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn answering() -> Scripted {
    Scripted::new(vec![whole(200, "", &format!("{}{DONE}", piece("seven")))]).await
}

#[tokio::test]
async fn a_server_elsewhere_is_asked_through_the_proxy_of_the_environment() {
    let proxy = answering().await;
    let environment = [("HTTP_PROXY", format!("http://{}", proxy.address))];
    asked_from(&environment, ELSEWHERE, "seven").await;
    assert_eq!(proxy.asked()[0].line, format!("POST {ELSEWHERE}/api/generate"));
}

#[tokio::test]
async fn a_proxy_is_left_alone_where_it_is_not_wanted() {
    let proxy = answering().await;
    let through = ("HTTP_PROXY", format!("http://{}", proxy.address));
    for refusal in [(PROXIES, "never".to_owned()), ("NO_PROXY", "*".to_owned())] {
        asked_from(&[through.clone(), refusal], ELSEWHERE, "dns").await;
    }
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_server_on_this_machine_is_never_asked_through_a_proxy() {
    let server = answering().await;
    let proxy = format!("http://{}", nowhere().await);
    let environment = [("HTTP_PROXY", proxy.clone()), ("ALL_PROXY", proxy)];
    asked_from(&environment, &server.address.to_string(), "seven").await;
    assert_eq!(server.asked()[0].line, "POST /api/generate");
}

#[cfg(target_os = "linux")]
mod encryption {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::crypto::ring;
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use std::io::Write;
    use std::sync::Arc;
    use tempfile::NamedTempFile;
    use tokio::io::{AsyncWriteExt, copy_bidirectional};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    /// Something that decrypts what is said to a server. Answers its address and a file with its certificate.
    async fn before(server: &Scripted) -> (String, NamedTempFile) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .expect("a key that fits");
        let mut file = NamedTempFile::new().expect("a file");
        file.write_all(cert.pem().as_bytes()).expect("room");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let (acceptor, server) = (TlsAcceptor::from(Arc::new(config)), server.address);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust the certificate goes away.
                if let Ok(mut open) = acceptor.accept(stream).await {
                    let mut behind = TcpStream::connect(server).await.expect("the server");
                    let _ = copy_bidirectional(&mut open, &mut behind).await;
                }
            }
        });
        (format!("https://{address}"), file)
    }

    fn trusted(file: &NamedTempFile) -> [(&'static str, String); 1] {
        [("SSL_CERT_FILE", file.path().display().to_string())]
    }

    #[tokio::test]
    async fn a_server_whose_certificate_the_system_trusts_is_asked_over_https() {
        let server = answering().await;
        let (address, certificate) = before(&server).await;
        asked_from(&trusted(&certificate), &address, "seven").await;
        assert_eq!(server.asked()[0].line, "POST /api/generate");
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_refused() {
        let server = answering().await;
        let (address, _) = before(&server).await;
        let (_, another) = before(&server).await;
        let ends = format!("tls: no encrypted connection to {address}: invalid peer certificate");
        asked_from(&trusted(&another), &address, &ends).await;
        assert!(server.asked().is_empty());
    }

    #[tokio::test]
    async fn a_server_that_does_not_encrypt_is_not_asked_over_https() {
        let (_, certificate) = before(&answering().await).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let ends = format!("tls: no encrypted connection to https://{address}: ");
        asked_from(&trusted(&certificate), &format!("https://{address}"), &ends).await;
    }
}
