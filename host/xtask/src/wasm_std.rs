//! The standard library of the WASM target, which plugins are built with.
//!
//! An ordinary machine gets it from rustup. Where that is not wanted (`KODERZ_WASM_STD=debian`) or does not work, it is
//! built from Debian's source package of exactly this compiler's version, into the target folder and without touching
//! the toolchain or the machine's package sources.

use crate::digest;
use crate::process::{self, say};
use crate::workspace::{Workspace, cargo, remove, write};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Digests of Debian's `rust-src` packages, by version of the compiler.
const PACKAGES: [(&str, &str); 1] = [(
    "1.95.0",
    "7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b",
)];

/// The standard library, installed.
pub(crate) struct WasmStd {
    /// A sysroot of its own; none where the toolchain has the target.
    sysroot: Option<PathBuf>,
}

impl WasmStd {
    /// What `rustc` has to be told for this target, beyond what every plugin is built with.
    pub(crate) fn flags(&self) -> Vec<OsString> {
        match &self.sysroot {
            Some(sysroot) => vec!["--sysroot".into(), sysroot.as_os_str().to_owned()],
            None => Vec::new(),
        }
    }
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// The toolchain has it.
    There,
    /// It was built before.
    Built,
    /// Ask rustup; where that fails, Debian.
    Rustup,
    /// Build it from Debian's source.
    Debian,
    /// Nothing can be done here.
    None,
}

/// What the decision is made from.
struct Machine {
    in_toolchain: bool,
    built: bool,
    /// The value of `KODERZ_WASM_STD`.
    wanted: Option<String>,
    rustup: bool,
    apt: bool,
}

fn choose(machine: &Machine) -> Result<Way> {
    let debian_wanted = match machine.wanted.as_deref() {
        None | Some("") => false,
        Some("debian") => true,
        Some(other) => bail!("KODERZ_WASM_STD is `{other}`; it can be `debian` or unset"),
    };
    Ok(match machine {
        Machine { in_toolchain: true, .. } => Way::There,
        Machine { built: true, .. } => Way::Built,
        Machine { rustup: true, .. } if !debian_wanted => Way::Rustup,
        Machine { apt: true, .. } => Way::Debian,
        _ => Way::None,
    })
}

pub(crate) fn install(workspace: &Workspace) -> Result<WasmStd> {
    let version = rustc_version()?;
    let folder = workspace.setup().join(format!("wasm-std-{version}"));
    let sysroot = folder.join("sysroot");
    let stamp = folder.join("done");
    let machine = Machine {
        in_toolchain: has_std(&toolchain_libraries()?),
        built: stamp.is_file(),
        wanted: std::env::var("KODERZ_WASM_STD").ok(),
        rustup: process::find("rustup").is_some(),
        apt: process::find("apt-get").is_some() && process::find("dpkg-deb").is_some(),
    };
    match choose(&machine)? {
        Way::There => Ok(WasmStd { sysroot: None }),
        Way::Built => Ok(WasmStd { sysroot: Some(sysroot) }),
        Way::Rustup => {
            say(&format!("adding the target {TARGET} with rustup, for building plugins"));
            let added = process::run(
                Command::new("rustup").args(["target", "add", TARGET]),
                "add the WASM target",
            );
            match added {
                Ok(()) => Ok(WasmStd { sysroot: None }),
                Err(error) if machine.apt => {
                    say(&format!("{error:#}; building it from Debian's source instead"));
                    from_debian(workspace, &version, &folder, &sysroot, &stamp)
                }
                Err(error) => Err(error).context(NO_WAY),
            }
        }
        Way::Debian => from_debian(workspace, &version, &folder, &sysroot, &stamp),
        Way::None => bail!(NO_WAY),
    }
}

const NO_WAY: &str = "the standard library of wasm32-unknown-unknown is missing\nhint: `rustup target add \
    wasm32-unknown-unknown`, or, on a Debian-like machine, KODERZ_WASM_STD=debian builds it from the package rust-src";

fn from_debian(workspace: &Workspace, version: &str, folder: &Path, sysroot: &Path, stamp: &Path) -> Result<WasmStd> {
    say(&format!(
        "building the standard library of {TARGET} from Debian's rust-src {version}: two to four minutes, once"
    ));
    remove(folder)?;
    let source = download(version, folder)?;
    build(version, &source, folder)?;
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    std::fs::create_dir_all(&libraries).with_context(|| format!("make {}", libraries.display()))?;
    let built = folder.join("target").join(TARGET).join("release/deps");
    for entry in std::fs::read_dir(&built).with_context(|| format!("read {}", built.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".rlib") && !name.starts_with("libsysroot-") {
            std::fs::copy(entry.path(), libraries.join(&*name)).with_context(|| format!("copy {name}"))?;
        }
    }
    if !has_std(&libraries) {
        bail!("the build left no standard library in {}", libraries.display());
    }
    // Cargo does not notice that the library below a crate has changed.
    remove(&workspace.target.join(TARGET))?;
    remove(&folder.join("target"))?;
    remove(&folder.join("source"))?;
    write(stamp, version.as_bytes())?;
    Ok(WasmStd {
        sysroot: Some(sysroot.to_owned()),
    })
}

/// Fetches and unpacks the source package; answers the folder of the library.
fn download(version: &str, folder: &Path) -> Result<PathBuf> {
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        let part = apt.join(part);
        std::fs::create_dir_all(&part).with_context(|| format!("make {}", part.display()))?;
    }
    let mirror = process::output(
        Command::new("apt-get").args([
            "indextargets",
            "--format",
            "$(REPO_URI)",
            "Created-By: Packages",
            "Origin: Debian",
            "Component: main",
        ]),
        "ask apt for its mirror",
    )?;
    let mirror = mirror
        .lines()
        .next()
        .context("apt knows no Debian mirror\nhint: apt-get update")?
        .trim();
    let sources = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
    write(
        &apt.join("sources.list"),
        format!("deb {sources} {mirror} trixie-backports main\n").as_bytes(),
    )?;
    let path = |part: &str| apt.join(part).display().to_string();
    let configuration = format!(
        "Dir::Etc \"{}\";\nDir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"-\";\nDir::State::lists \"{}\";\n\
         Dir::Cache \"{}\";\nAPT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n",
        path(""),
        path("sources.list"),
        path("lists"),
        path("cache"),
    );
    let config = apt.join("apt.conf");
    write(&config, configuration.as_bytes())?;
    let tool = |program: &str| {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", &config).current_dir(folder);
        command
    };
    process::output(tool("apt-get").args(["-qq", "update"]), "read the package lists")?;
    let listed = process::output(tool("apt-cache").args(["madison", "rust-src"]), "look up rust-src")?;
    let package = listed
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|candidate| candidate.starts_with(&format!("{version}+")))
        .with_context(|| format!("Debian has no rust-src {version}, and another version does not fit this compiler"))?;
    process::output(
        tool("apt-get").args(["-qq", "download", &format!("rust-src={package}")]),
        "download rust-src",
    )?;
    let deb = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get downloaded nothing")?;
    match PACKAGES.iter().find(|(known, _)| *known == version) {
        Some((_, expected)) => digest::check(&deb, expected)?,
        None => bail!(
            "no digest is known of Debian's rust-src {version}; {} is known",
            PACKAGES[0].0
        ),
    }
    let unpacked = folder.join("source");
    process::output(
        Command::new("dpkg-deb").arg("-x").arg(&deb).arg(&unpacked),
        "unpack rust-src",
    )?;
    std::fs::remove_file(&deb).with_context(|| format!("remove {}", deb.display()))?;
    Ok(unpacked.join("usr/src").join(format!("rustc-{version}")))
}

fn build(version: &str, source: &Path, folder: &Path) -> Result<()> {
    let flags = format!(
        "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes --remap-path-prefix={}=/rustc/{version}",
        source.display()
    );
    let mut command = cargo();
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--features",
            "panic-unwind",
        ])
        .arg("--manifest-path")
        .arg(source.join("library/sysroot/Cargo.toml"))
        .args([
            "--config",
            "profile.release.codegen-units=1",
            "--config",
            "profile.release.debug=false",
        ])
        .current_dir(folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_DEFAULT_LIB_METADATA", "stablestd")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    // The source's own vendored dependencies are left aside, so cargo has to find the ordinary registry.
    let vendored = source.join("library/.cargo");
    if vendored.is_dir() {
        remove(&vendored)?;
    }
    process::run(&mut command, "build the WASM standard library")
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn rustc_version() -> Result<String> {
    let said = process::output(rustc().arg("--version"), "ask rustc for its version")?;
    said.split_whitespace()
        .nth(1)
        .map(str::to_owned)
        .context("rustc does not say its version")
}

fn toolchain_libraries() -> Result<PathBuf> {
    let said = process::output(
        rustc().args(["--print", "target-libdir", "--target", TARGET]),
        "ask rustc for its library folder",
    )?;
    Ok(PathBuf::from(said.trim()))
}

fn has_std(libraries: &Path) -> bool {
    std::fs::read_dir(libraries)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(wanted: Option<&str>) -> Machine {
        Machine {
            in_toolchain: false,
            built: false,
            wanted: wanted.map(str::to_owned),
            rustup: true,
            apt: true,
        }
    }

    #[test]
    fn an_ordinary_machine_asks_rustup() {
        assert_eq!(choose(&machine(None)).expect("a way"), Way::Rustup);
        assert_eq!(
            choose(&Machine {
                apt: false,
                ..machine(None)
            })
            .expect("a way"),
            Way::Rustup
        );
    }

    #[test]
    fn with_the_variable_set_rustup_is_never_asked() {
        for rustup in [true, false] {
            for apt in [true, false] {
                for in_toolchain in [true, false] {
                    for built in [true, false] {
                        let machine = Machine {
                            in_toolchain,
                            built,
                            rustup,
                            apt,
                            ..machine(Some("debian"))
                        };
                        assert_ne!(choose(&machine).expect("a way"), Way::Rustup);
                    }
                }
            }
        }
        assert_eq!(choose(&machine(Some("debian"))).expect("a way"), Way::Debian);
    }

    #[test]
    fn what_is_there_is_not_made_again() {
        assert_eq!(
            choose(&Machine {
                in_toolchain: true,
                ..machine(None)
            })
            .expect("a way"),
            Way::There
        );
        assert_eq!(
            choose(&Machine {
                built: true,
                ..machine(None)
            })
            .expect("a way"),
            Way::Built
        );
    }

    #[test]
    fn a_machine_without_either_is_told_both_ways() {
        let machine = Machine {
            rustup: false,
            apt: false,
            ..machine(None)
        };
        assert_eq!(choose(&machine).expect("a way"), Way::None);
        assert!(NO_WAY.contains("rustup target add") && NO_WAY.contains("KODERZ_WASM_STD=debian"));
    }

    #[test]
    fn another_value_of_the_variable_is_an_error() {
        assert!(
            choose(&machine(Some("fedora")))
                .expect_err("refused")
                .to_string()
                .contains("fedora")
        );
    }
}
