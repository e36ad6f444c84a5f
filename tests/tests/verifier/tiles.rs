//! Exported tiles, checkpoints and proofs, checked by `tests/verifier/log.py`, which has packages by other authors do it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use fastrand::Rng;
use ledger_tests::commands::many;
use ledger_tests::independent::python;
use ledger_tests::program::{Said, Site, run, scratch};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::demonstration::{Demonstration, key, said};

fn check(dir: &Path, key: &str) -> Said {
    run(python("verifier", "log.py").arg("check").arg(dir).args(["--key", key]))
}

fn export(site: &Site, dir: &Path) {
    run(site.command(["export", "--tiles"]).arg(dir)).ok();
}

/// What the packages find in an export is what the ledger has; returns how many entries that is.
fn agreed(site: &Site, dir: &Path) -> u64 {
    let found: Value = serde_json::from_str(&check(dir, &key(site)).ok().out).expect("JSON");
    let log: String = site.log().iter().map(|entry| format!("{entry}\n")).collect();
    assert_eq!(found["entries"], HEXLOWER.encode(&Sha256::digest(log.as_bytes())));
    assert_eq!(found["size"].as_u64(), Some(site.log().len() as u64));
    found["size"].as_u64().expect("a size")
}

#[test]
fn exported_tiles_are_those_that_others_lay_out() {
    let demonstration = Demonstration::made();
    for site in [&demonstration.record, &demonstration.example] {
        let dir = site.dir().with_extension("tiles");
        export(site, &dir);
        assert!(agreed(site, &dir) > 170);
    }
}

/// A ledger that grows over the edge of a tile, exported again and again into one directory.
#[test]
fn an_export_that_grows_stays_what_others_lay_out() {
    let scratch = scratch();
    let site = Site::found(scratch.path().join("ledger"));
    let (file, dir) = (scratch.path().join("commands"), scratch.path().join("tiles"));
    let commands = many(0..540);
    let mut sizes = Vec::new();
    for (from, to) in [(0, 0), (0, 1), (1, 250), (250, 251), (251, 540)] {
        std::fs::write(&file, commands[from..to].join("\n")).expect("written");
        run(&mut site.submit(&[&file])).ok();
        export(&site, &dir);
        sizes.push(agreed(&site, &dir));
    }
    assert!(sizes[0] < 10 && sizes[2] < 256 + 10 && sizes[4] > 512, "{sizes:?}");
}

/// What `ledger proof` prints, all to one program.
#[test]
fn proofs_are_verified_by_others() {
    let demonstration = Demonstration::made();
    let site = &demonstration.record;
    let dir = demonstration.path("tiles");
    export(site, &dir);
    let size = site.log().len();
    let mut rng = Rng::with_seed(62_777);
    let mut lines = String::new();
    for at in [0, 255, 256, size - 1, rng.usize(0..size)] {
        lines += &said(site, &format!("proof inclusion {at} --json")).out;
        lines += &said(site, &format!("proof inclusion {at} --size {} --json", rng.usize(at + 1..=size))).out;
        let old = at + 1;
        lines += &said(site, &format!("proof consistency {old} --json")).out;
        lines += &said(site, &format!("proof consistency {old} --size {} --json", rng.usize(old..=size))).out;
    }
    assert_eq!(proved(&dir, &lines), Ok(20), "{lines}");
    let wrong = lines.replacen("\"proof\":[\"", "\"proof\":[\"A", 1);
    assert!(proved(&dir, &wrong).is_err(), "a hash of another length");
    let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    let mut wrong = first.clone();
    wrong["sequence"] = "0000000000000001".into();
    assert!(proved(&dir, &wrong.to_string()).is_err(), "a proof of another entry");
}

/// How many proofs the packages verify, or the first that they do not.
fn proved(dir: &Path, lines: &str) -> Result<u64, String> {
    let mut program: Command = python("verifier", "log.py");
    program.arg("proofs").arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = program.spawn().expect("Python runs");
    running.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("written");
    let output = running.wait_with_output().expect("ended");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Ok(found["verified"].as_u64().expect("a number"))
}

#[test]
fn a_changed_tile_bundle_or_checkpoint_is_noticed_by_others() {
    let demonstration = Demonstration::made();
    let (site, dir) = (&demonstration.record, demonstration.path("tiles"));
    export(site, &dir);
    let mut rng = Rng::with_seed(62_778);
    for path in
        ["checkpoint", "tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001", "tile/1/000.p/2"]
    {
        let file = dir.join(path);
        let whole = std::fs::read(&file).expect(path);
        let mut changed = whole.clone();
        changed[rng.usize(..whole.len())] ^= 1 << rng.u8(..7);
        std::fs::write(&file, &changed).expect("written");
        assert_ne!(check(&dir, &key(site)).status, Some(0), "{path}");
        std::fs::write(&file, &whole[..whole.len() - 1]).expect("written");
        assert_ne!(check(&dir, &key(site)).status, Some(0), "{path} cut short");
        std::fs::write(&file, &whole).expect("written");
    }
}
