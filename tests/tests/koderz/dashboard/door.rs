//! Who is let in.

use super::Dashboard;
use crate::runs::user_with_runs;
use koderz_tests::{Koderz, end};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn nobody_is_let_in_without_the_whole_token() {
    let (koderz, runs) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    let token = &dashboard.token;
    let other = token.chars().rev().collect::<String>();
    for path in [
        "/".to_owned(),
        format!("/run/{}", runs[0]),
        format!("/{}/", &token[..token.len() - 1]),
        format!("/{other}/"),
        format!("/{token}0/"),
        format!("/?token={token}"),
    ] {
        let answer = dashboard.ask("GET", &path, &dashboard.address);
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("lacks the token"), "{}", answer.body);
        assert!(!answer.body.contains(runs[0].as_str()));
    }
    assert_eq!(dashboard.page("").status, 200);
}

#[test]
fn a_name_that_was_made_to_lead_here_is_refused() {
    let dashboard = Dashboard::of(&Koderz::new());
    let port = dashboard.address.rsplit(':').next().expect("a port");
    let path = format!("/{}/", dashboard.token);
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1",
        "127.0.0.1:1",
        "",
    ] {
        assert_eq!(dashboard.ask("GET", &path, host).status, 421, "{host}");
    }
    let named = format!("localhost:{port}");
    assert_eq!(dashboard.ask("GET", &path, &named).status, 200);
}

#[test]
fn nothing_can_be_changed_and_nothing_is_kept() {
    let (koderz, runs) = user_with_runs();
    let dashboard = Dashboard::of(&koderz);
    let before = contents(koderz.data());
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for page in ["".to_owned(), format!("run/{}", runs[0])] {
            let path = format!("/{}/{page}", dashboard.token);
            assert_eq!(dashboard.ask(method, &path, &dashboard.address).status, 405, "{method}");
        }
    }
    let pages = [
        String::new(),
        format!("run/{}", runs[0]),
        format!("run/{}/report", runs[1]),
        format!("compare?run={}&run={}", runs[0], runs[1]),
    ];
    for page in pages {
        let answer = dashboard.page(&page);
        assert_eq!(answer.status, 200, "{page}");
        for header in [
            "cache-control: no-store",
            "content-security-policy: default-src 'none'",
            "frame-ancestors 'none'",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
        ] {
            assert!(answer.head.contains(header), "{page}: {}", answer.head);
        }
        assert!(!answer.head.contains("unsafe"), "{page}: {}", answer.head);
    }
    assert_eq!(contents(koderz.data()), before);
}

/// Files and what is in them. What SQLite keeps beside a database that is open is not part of it.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        if path.is_dir() {
            files.extend(contents(&path));
        } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
            files.push((name, fs::read(&path).expect("a file")));
        }
    }
    files.sort();
    files
}

#[test]
fn where_nothing_was_recorded_it_waits_for_a_run_and_makes_nothing() {
    let koderz = Koderz::new();
    let dashboard = Dashboard::of(&koderz);
    let answer = dashboard.page("");
    assert!(answer.body.contains("No run is recorded yet."), "{}", answer.body);
    assert_eq!(dashboard.page("run/20261124-143412-7f3a").status, 404);
    assert_eq!(fs::read_dir(koderz.data()).expect("the folder").count(), 0);
}

#[test]
fn a_port_that_is_taken_is_bad_input() {
    let koderz = Koderz::new();
    let dashboard = Dashboard::of(&koderz);
    let port = dashboard.address.rsplit(':').next().expect("a port");
    let ended = koderz.call(&format!("dashboard --port {port}"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        ended.stderr,
        format!("error: listen on 127.0.0.1:{port}: somebody else does\nhint: --port 0 takes any that is free\n")
    );
}

#[test]
fn a_file_that_is_no_record_is_told_before_anything_is_served() {
    let koderz = Koderz::new();
    fs::write(koderz.record_path(), "something else").expect("a new file");
    let ended = koderz.call("dashboard");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("is no record of runs"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_also_while_somebody_follows_a_run() {
    use std::io::{BufRead, BufReader};
    let (koderz, runs) = user_with_runs();
    let _working = koderz.record().journal(&runs[0]).expect("nobody else writes");
    let mut dashboard = Dashboard::of(&koderz);
    let path = format!("/{}/run/{}/events", dashboard.token, runs[0]);
    let events = BufReader::new(dashboard.send("GET", &path, &dashboard.address));
    let mut lines = events.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("data: ")), "it is followed");
    let id = dashboard.process.id().to_string();
    assert_eq!(end(Command::new("kill").args(["-INT", &id])).code, Some(0));
    let status = dashboard.process.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        lines.filter(|line| line.starts_with("event: ended")).count(),
        0,
        "the run goes on"
    );
}
