//! The plugins of a run: found, opened with their settings, and fit for each other.

use crate::arguments::{Extra, Programs, Trusting};
use crate::benchmark::Desk;
use crate::grant;
use crate::places::Places;
use crate::setting::{self, Owner};
use crate::trust;
use anyhow::{Result, bail};
use koderz_api::suite::SuiteInfo;
use koderz_core::manifest::{Manifest, PluginUse};
use koderz_core::ports::{Evaluator, RetryPolicy, Suite};
use koderz_loader::{Counting, Engines, Interface, Library, LoadError, Plugin, Wanted};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The setting by which policies commonly take the number of retries.
const MAX_RETRIES: &str = "max-retries";

/// What a manifest says of an evaluator that counts instructions.
const DETERMINISTIC: &str = "deterministic";

/// What suites commonly call asking with a bare prompt rather than in a conversation, as the contract does.
const BARE: &str = "completion";

/// The setting by which suites commonly take the processor time of a program.
pub(crate) const TEST_TIMEOUT: &str = "cpu-seconds";

/// The setting by which suites commonly take the context window, to see that their questions fit into it.
const CONTEXT_TOKENS: &str = "context-tokens";

/// The plugins of a run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Equipment {
    pub(crate) suite: Arc<dyn Suite>,
    pub(crate) info: SuiteInfo,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    /// Retries that the policy allows at most; none where it does not say.
    pub(crate) max_retries: Option<u32>,
    pub(crate) evaluators: Vec<Arc<dyn Evaluator>>,
    /// How the suite is told to ask with bare prompts, where it can and does not already.
    pub(crate) bare: Option<String>,
    pub(crate) used: Used,
}

/// How they are named in a run's manifest.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) suite: PluginUse,
    pub(crate) retry: PluginUse,
    pub(crate) evaluators: Vec<PluginUse>,
}

/// Which plugins are wanted, and how they are set.
pub(crate) struct Wish<'a> {
    pub(crate) suite: &'a str,
    pub(crate) retry: &'a str,
    /// Retries, which the policy has to have a setting for.
    pub(crate) max_retries: Option<u32>,
    pub(crate) extra: &'a Extra,
    /// Processor time of programs, which the suite has to have a setting for.
    pub(crate) test_timeout: Option<Duration>,
    /// The context window, where it was typed, for a suite that has a setting for it.
    pub(crate) num_ctx: Option<u32>,
    /// Settings that were typed as flags, which the suite has to have.
    pub(crate) loads: &'a [(&'static str, String)],
    pub(crate) programs: &'a Programs,
    pub(crate) places: &'a Places,
    /// Settings from before, which those of the options change.
    pub(crate) before: Option<&'a Manifest>,
}

/// The library of these plugin files and those that are installed.
pub(crate) fn library(named: &[PathBuf], trusting: &Trusting, counting: Counting, desk: &Desk) -> Result<Library> {
    let (places, terminal) = (&desk.places, desk.terminal.clone());
    let cache = places.compiled();
    let engines = Engines::counting(Some(&cache), counting).or_else(|error| {
        // Without it every start compiles the plugins anew, which takes time and nothing else.
        tracing::warn!("{error}; plugins are compiled anew\nhint: KODERZ_CACHE_DIR names a folder that can be written");
        Engines::counting(None, counting)
    })?;
    let engines = engines
        .telling(Arc::new(move |words| terminal.say(words)))
        .trusting(trust::trust(trusting));
    Ok(Library::new(engines, named.to_vec(), places.plugins()))
}

/// What limits of processor time count: what is typed, or what a run that goes on was begun with.
pub(crate) fn counting(programs: &Programs, before: Option<&Manifest>) -> Counting {
    let begun = before.is_some_and(|manifest| counts_instructions(&manifest.evaluators));
    match programs.deterministic || begun {
        true => Counting::Instructions,
        false => Counting::ProcessorTime,
    }
}

fn counts_instructions(evaluators: &[PluginUse]) -> bool {
    let deterministic = Some(&Value::Bool(true));
    evaluators
        .iter()
        .any(|evaluator| evaluator.settings.get(DETERMINISTIC) == deterministic)
}

/// Finds and opens what is wished for.
pub(crate) fn gather(library: &Library, wish: &Wish<'_>) -> Result<Equipment> {
    let typed = |owner| setting::of(owner, &wish.extra.settings);
    let before = wish.before.map(|manifest| &manifest.suite);
    let plugin = find_suite(library, wish.suite, wish.extra, before)?;
    let before = before.map(|suite| &suite.settings);
    let mut pairs = typed(Owner::Suite);
    let timeout = wish.test_timeout.map(|timeout| timeout.as_secs_f64().to_string());
    let timeout = timeout.map(|timeout| ("test-timeout", TEST_TIMEOUT, timeout));
    let loads = wish.loads.iter().map(|(flag, value)| (*flag, *flag, value.clone()));
    for (flag, setting, value) in timeout.into_iter().chain(loads) {
        if !plugin.setting_names(Interface::Suite).contains(&setting) {
            bail!(
                "--{flag}: the suite {} has no setting `{setting}`",
                plugin.identity().name
            );
        }
        prevails(&pairs, flag, &value, "suite", setting);
        pairs.push((setting.to_owned(), value));
    }
    if let Some(tokens) = wish
        .num_ctx
        .filter(|_| plugin.setting_names(Interface::Suite).contains(&CONTEXT_TOKENS))
    {
        pairs.push((CONTEXT_TOKENS.to_owned(), tokens.to_string()));
    }
    let settings = settings(&plugin, Interface::Suite, before, &pairs)?;
    let suite = plugin.open_suite(&settings)?;
    let info = suite.describe()?;
    let suite_use = plugin.usage(&settings);
    let bare = plugin
        .setting_listing(Interface::Suite, BARE)
        .filter(|name| settings.get(*name).and_then(Value::as_str) != Some(BARE))
        .map(|name| format!("--set suite.{name}={BARE}"));

    let plugin = find(
        library,
        Wanted::Retry,
        wish.retry,
        wish.before.map(|manifest| &manifest.retry),
    )?;
    let takes_retries = plugin.setting_names(Interface::Retry).contains(&MAX_RETRIES);
    let mut pairs = typed(Owner::Retry);
    match wish.max_retries {
        Some(retries) if takes_retries => {
            let retries = retries.to_string();
            prevails(&pairs, MAX_RETRIES, &retries, "retry", MAX_RETRIES);
            pairs.push((MAX_RETRIES.to_owned(), retries));
        }
        Some(_) => bail!(unlimited(&plugin)),
        None => {}
    }
    let same_policy = |manifest: &&Manifest| manifest.retry.identity.name == plugin.identity().name;
    let before = wish.before.filter(same_policy).map(|manifest| &manifest.retry.settings);
    let settings = self::settings(&plugin, Interface::Retry, before, &pairs)?;
    let retry = plugin.open_retry(&settings)?;
    let max_retries = allowed(&settings, plugin.schema(Interface::Retry));
    let retry_use = plugin.usage(&settings);

    let verdicts = (!wish.programs.no_cache).then(|| wish.places.verdicts());
    let (evaluators, evaluators_use) = evaluators(library, &info, verdicts)?.into_iter().unzip();
    Ok(Equipment {
        suite,
        info,
        retry,
        max_retries,
        evaluators,
        bare,
        used: Used {
            suite: suite_use,
            retry: retry_use,
            evaluators: evaluators_use,
        },
    })
}

/// Says so where a flag and a setting are about the same thing, since only one of them can hold.
fn prevails(pairs: &[(String, String)], flag: &str, value: &str, owner: &str, setting: &str) {
    let other = pairs.iter().rfind(|(name, _)| name == setting);
    if let Some((_, value)) = other.filter(|(_, other)| other != value) {
        tracing::warn!("--{flag} holds, and not --set {owner}.{setting}={value}, which is about the same");
    }
}

/// Finds the suite that is wished for, and grants it its data.
pub(crate) fn find_suite(library: &Library, name: &str, extra: &Extra, before: Option<&PluginUse>) -> Result<Plugin> {
    let suite = find(library, Wanted::Suite, name, before)?;
    Ok(suite.granted(grant::open(&extra.grants, before)?))
}

/// That a policy does not take a number of retries, and what it takes.
fn unlimited(plugin: &Plugin) -> String {
    let names = plugin.setting_names(Interface::Retry);
    let there = match names.as_slice() {
        [] => "it has no settings".to_owned(),
        some => format!("it has {}", some.join(", ")),
    };
    format!(
        "--max-retries: the retry policy {} has no setting `{MAX_RETRIES}`; {there}\nhint: leave --max-retries out, or set \
         what it has with --set retry.KEY=VALUE",
        plugin.identity().name
    )
}

/// Finds a plugin, in the end by the file that it was in before: a run may be begun with a file from anywhere. Machine
/// code is looked for there at first, since by its name a component would be found.
fn find(library: &Library, wanted: Wanted, name: &str, before: Option<&PluginUse>) -> Result<Plugin, LoadError> {
    let there = |before: &&PluginUse| before.identity.name == name && Path::new(&before.file).is_file();
    let before = before.filter(there);
    if let Some(before) = before.filter(|before| before.native) {
        return library.load(Path::new(&before.file));
    }
    match (library.find(wanted, name), before) {
        (Err(LoadError::Unknown { .. }), Some(before)) => library.load(Path::new(&before.file)),
        (found, _) => found,
    }
}

fn settings(
    plugin: &Plugin,
    interface: Interface,
    before: Option<&Map<String, Value>>,
    typed: &[(String, String)],
) -> Result<Map<String, Value>> {
    let mut settings = before.cloned().unwrap_or_default();
    settings.extend(plugin.settings(interface, typed)?);
    Ok(settings)
}

/// How many retries settings come to: what is set, or else the default that the schema documents.
fn allowed(settings: &Map<String, Value>, schema: Option<&Value>) -> Option<u32> {
    let documented = schema.and_then(|schema| schema.pointer(&format!("/properties/{MAX_RETRIES}/default")));
    let retries = settings.get(MAX_RETRIES).or(documented)?.as_u64()?;
    u32::try_from(retries).ok()
}

/// An evaluator for each language that the suite will ask for.
pub(crate) fn evaluators(
    library: &Library,
    info: &SuiteInfo,
    verdicts: Option<PathBuf>,
) -> Result<Vec<(Arc<dyn Evaluator>, PluginUse)>> {
    if info.languages.is_empty() {
        return Ok(Vec::new());
    }
    let serving = library.evaluators(&info.languages)?;
    if let Some(language) = serving.unserved.first() {
        let claimed: Vec<String> = serving.claimed.into_iter().collect();
        let there = match claimed.as_slice() {
            [] => "no evaluator is installed".to_owned(),
            some => format!("the installed ones run {}", some.join(", ")),
        };
        bail!(
            "the suite has programs in `{language}` run, and no evaluator claims that language; {there}\nhint: --plugin \
             FILE names one"
        );
    }
    let mut settings = Map::new();
    if library.counting() == Counting::Instructions {
        settings.insert(DETERMINISTIC.to_owned(), Value::Bool(true));
    }
    let open = |plugin: Plugin| Ok((plugin.evaluator(verdicts.clone())?, plugin.usage(&settings)));
    serving.plugins.into_iter().map(open).collect()
}

/// What of these plugins is not what a run was begun with, in words.
pub(crate) fn changes(manifest: &Manifest, used: &Used) -> Vec<String> {
    let mut changes = Vec::new();
    let mut compare = |what: &str, before: Option<&PluginUse>, now: &PluginUse| {
        if before.is_none_or(|before| before.digest != now.digest) {
            let was = before.map_or("another".to_owned(), PluginUse::in_words_with_digest);
            changes.push(format!("{what} was {was} and is {}", now.in_words_with_digest()));
        }
    };
    compare("the suite", Some(&manifest.suite), &used.suite);
    for now in &used.evaluators {
        let before = manifest
            .evaluators
            .iter()
            .find(|before| before.identity.name == now.identity.name);
        compare("the evaluator", before, now);
    }
    if counts_instructions(&used.evaluators) != counts_instructions(&manifest.evaluators) {
        changes.push("programs were limited by processor time and are by instructions".to_owned());
    }
    changes.extend(grant::changes(&manifest.suite.grants, &used.suite.grants));
    if used.suite.settings != manifest.suite.settings {
        let shown = |settings: &Map<String, Value>| Value::Object(settings.clone());
        changes.push(format!(
            "the suite's settings were {} and are {}",
            shown(&manifest.suite.settings),
            shown(&used.suite.settings)
        ));
    }
    changes
}

/// That another policy decides than when a run was begun, or the same one set otherwise, in words.
pub(crate) fn other_policy(manifest: &Manifest, used: &Used) -> Option<String> {
    let shown = |policy: &PluginUse| {
        let settings = Value::Object(policy.settings.clone());
        format!("{} with {settings}", policy.in_words_with_digest())
    };
    let (before, now) = (shown(&manifest.retry), shown(&used.retry));
    (before != now).then(|| format!("the retry policy was {before} and is {now}"))
}
