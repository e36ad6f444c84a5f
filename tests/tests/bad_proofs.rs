//! Notes, keys, checkpoints, signatures and requests that are none: truncated, huge, or spelled another way. One row for
//! each kind of fault; each is refused with a message that says what was found and what was expected.
//!
//! Left out: whatever else may come, which `fuzz_bounded` tries, and certificates, of which every byte is changed in
//! `certificate`.

use ledger_core::log::witness::AddCheckpoint;
use ledger_core::log::{
    Algorithm, Checkpoint, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteSignature, SigningKey, TreeHash,
    VerifierKey,
};
use ledger_core::values::Length;

const ORIGIN: &str = "log.example/1";

fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[1; 32]).expect("a key")
}

fn witness_key() -> SigningKey {
    SigningKey::new("witness.example", Algorithm::Cosignature, &[2; 32]).expect("a key")
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: Length(1234), root: TreeHash::empty_root() }
}

fn note() -> Note {
    let text = checkpoint().to_string();
    Note { signatures: vec![log_key().sign(&text), witness_key().cosign(&text, 1_700_000_000)], text }
}

fn request() -> String {
    let root = TreeHash::empty_root().to_base64();
    format!("old 7\n{root}\n{root}\n\n{}", note())
}

/// What a text is read as, and how it says what is wrong.
type Reading = fn(&str) -> Result<(), String>;

/// A well-formed text, the part of it to replace, what to put there, and what the message says.
type Row = (&'static str, String, String, &'static str);

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(drop).map_err(|error| error.to_string())
}

fn refused(what: &str, reading: Reading, well_formed: &str, rows: &[Row]) {
    assert_eq!(reading(well_formed), Ok(()), "{what}");
    for (fault, part, replacement, says) in rows {
        assert!(well_formed.contains(part.as_str()), "{what}, {fault}: {part:?} is no part of it");
        let wrong = well_formed.replacen(part.as_str(), replacement, 1);
        let said = reading(&wrong).expect_err(&format!("{what}, {fault} is accepted"));
        assert!(said.contains(says), "{what}, {fault}: {said}");
        assert!(said.len() < 400, "{what}, {fault}: a message of {} bytes", said.len());
    }
    // Cut anywhere, it is refused, or it is what it was: some end in what may be left out.
    for end in (0..well_formed.len()).filter(|end| well_formed.is_char_boundary(*end)) {
        assert!(reading(&well_formed[..end]).is_err(), "{what}: {:?} is accepted", &well_formed[..end]);
    }
}

fn row(
    fault: &'static str,
    part: impl Into<String>,
    replacement: impl Into<String>,
    says: &'static str,
) -> Row {
    (fault, part.into(), replacement.into(), says)
}

#[test]
fn verifier_keys() {
    let key = log_key().verifier().to_string();
    let id = key.split('+').nth(1).expect("an id").to_owned();
    let public = key.split('+').nth(2).expect("a key").to_owned();
    let other = log_key().verifier().to_string().replace("log.example", "logs.example");
    let odd_algorithm = |byte: u8| {
        let bytes = [&[byte], &log_key().verifier().public()[..]].concat();
        data_encoding::BASE64.encode(&bytes)
    };
    let rows = [
        row("nothing", key.clone(), "", "'' is not a verifier key: NAME+ID+KEY expected"),
        row("another name", key.clone(), other, "'logs.example/1+"),
        row("another id", id.clone(), "00000000", "its id does not follow from name and key"),
        row("an id in capitals", id.clone(), id.to_uppercase(), "NAME+ID+KEY expected"),
        row("no name", format!("{ORIGIN}+"), "+", "'' cannot name a key"),
        row("a name with a space", ORIGIN, "log example", "'log example' cannot name a key"),
        row("a huge name", ORIGIN, "x".repeat(100_000), "cannot name a key: 1 to 255 bytes"),
        row("an unknown algorithm", public.clone(), odd_algorithm(2), "log (01) or a witness (04)"),
        row("a short key", public.clone(), "AQ==", "NAME+ID+KEY expected"),
        row("a key without padding bits", public.clone(), format!("{public}="), "NAME+ID+KEY expected"),
        row("base64url", public.clone(), public.replace(['/', '+'], "_") + "_", "NAME+ID+KEY expected"),
        row("a line feed", public.clone(), format!("{public}\n"), "NAME+ID+KEY expected"),
        row("a fourth part", public.clone(), format!("{public}+x"), "NAME+ID+KEY expected"),
    ];
    refused("verifier key", read::<VerifierKey>, &key, &rows);
}

/// A signing key's message never repeats the key.
#[test]
fn signing_keys() {
    let key = log_key().to_secret_text();
    let reading: Reading =
        |text| SigningKey::from_secret_text(text).map(drop).map_err(|error| error.to_string());
    let secret = key.trim_end().rsplit('+').next().expect("a key").to_owned();
    let expected = "this is not a signing key: PRIVATE+KEY+NAME+ID+KEY and a line feed expected";
    let rows = [
        row("nothing", key.clone(), "", expected),
        row("a verifier key", "PRIVATE+KEY+", "", expected),
        row("two line feeds", "\n", "\n\n", expected),
        row("a carriage return", "\n", "\r\n", expected),
        row("a short secret", secret.clone(), "AQ==", expected),
        row("another name", ORIGIN, "log.example/2", expected),
    ];
    refused("signing key", reading, &key, &rows);
    for (fault, part, replacement, _) in rows {
        let said = reading(&key.replacen(&part, &replacement, 1)).expect_err(fault);
        assert!(!said.contains(&secret), "{said}");
    }
}

#[test]
fn checkpoints() {
    let text = checkpoint().to_string();
    let root = TreeHash::empty_root().to_base64();
    // 32 bytes in all, each piece padded: another spelling that a decoder may take.
    let pieces = format!("AA=={}", data_encoding::BASE64.encode(&[0; 31]));
    let rows = [
        row("nothing", text.clone(), "", "this has 0"),
        row("an extension line", format!("{root}\n"), format!("{root}\nmore\n"), "no extensions; this has 4"),
        row("no last line feed", format!("{root}\n"), root.clone(), "this has 2"),
        row("no origin", ORIGIN, "", "'' is not the origin of a log"),
        row("a space in the origin", ORIGIN, "log example", "'log example' is not the origin of a log"),
        row("a leading zero", "1234", "01234", "'01234' is not a number of entries"),
        row("a sign", "1234", "+1234", "'+1234' is not a number of entries"),
        row("hexadecimal", "1234", "0x12", "'0x12' is not a number of entries"),
        row("beyond 16 digits", "1234", "10000000000000000", "'10000000000000000' is not a number"),
        row("a size that overflows", "1234", "99999999999999999999", "'99999999999999999999' is not"),
        row("a huge size", "1234", "1".repeat(50_000), "is not a number of entries"),
        row("a huge origin", ORIGIN, "two words".repeat(5_000), "is not the origin of a log"),
        row("a root of 31 bytes", root.clone(), data_encoding::BASE64.encode(&[0; 31]), "32 bytes in Base64"),
        row("a root in two pieces", root.clone(), pieces, "32 bytes in Base64 expected"),
        row("unused bits set", root.clone(), root.replace("U=", "V="), "32 bytes in Base64 expected"),
        row("a huge root", root.clone(), root.repeat(1000), "32 bytes in Base64 expected"),
    ];
    refused("checkpoint", read::<Checkpoint>, &text, &rows);
}

#[test]
fn signatures() {
    let line = note().signatures[1].to_string();
    let signed = line.rsplit(' ').next().expect("a signature").to_owned();
    let many = data_encoding::BASE64.encode(&[1; 10_000]);
    let expected = "is not a signature: \u{2014} NAME BASE64 expected";
    let rows = [
        row("nothing", line.clone(), "", expected),
        row("a hyphen", "\u{2014}", "-", expected),
        row("no name", "witness.example ", "", expected),
        row("two spaces", "witness.example ", "witness.example  ", expected),
        row(
            "a plus in the name",
            "witness.example",
            "witness+example",
            "'witness+example' cannot name a key",
        ),
        row("an id alone", signed.clone(), "AQIDBA==", expected),
        row("less than an id", signed.clone(), "AQ==", expected),
        row("a huge one", signed.clone(), many, expected),
        row("two pieces", signed.clone(), format!("AQI={signed}"), expected),
        row("a space at the end", signed.clone(), format!("{signed} "), expected),
    ];
    let cut_shorter: Reading = |text| {
        let signature: NoteSignature = text.parse().map_err(|error| format!("{error}"))?;
        // A shorter signature is still a line; nobody's key verifies it.
        let verified = witness_key().verifier().verify(&checkpoint().to_string(), &signature);
        verified.map(drop).map_err(|error| error.to_string())
    };
    refused("signature", cut_shorter, &line, &rows);
    let of_a_log = SigningKey::new("witness.example", Algorithm::Ed25519, &[2; 32]).expect("a key");
    let without_time = of_a_log.sign(&checkpoint().to_string());
    let verified = witness_key().verifier().verify(&checkpoint().to_string(), &without_time);
    let said = verified.expect_err("a cosignature has a time").to_string();
    assert!(said.contains("witness.example"), "{said}");
}

#[test]
fn notes() {
    let text = note().to_string();
    let [log, witness] = [0, 1].map(|at| format!("{}\n", note().signatures[at]));
    let many: String = (0..=MAX_SIGNATURES).map(|at| log.replace(ORIGIN, &format!("log-{at}"))).collect();
    let rows = [
        row("nothing", text.clone(), "", "no empty line before its signatures"),
        row("no signatures", format!("{log}{witness}"), "", "its last line has no line feed"),
        row("no empty line", "\n\n", "\n", "no empty line before its signatures"),
        row("a carriage return", "1234\n", "1234\r\n", "byte 18 is the control character '\\r'"),
        row("a zero byte", "1234", "12\0", "is the control character '\\0'"),
        row("a line that is none", witness.clone(), "more\n", "'more' is not a signature"),
        row(
            "an empty line at the end",
            witness.clone(),
            format!("{witness}\n"),
            "its last line has no line feed",
        ),
        row("one signature twice", witness.clone(), log.clone(), "two signatures by log.example/1+"),
        row("very many signatures", witness.clone(), many, "more than 64 signatures"),
        row("a huge text", "1234", "1".repeat(MAX_NOTE_BYTES), "and at most 65536 are read"),
    ];
    // Without its last lines a note is still one, if a signature is left: it is then not signed by the other.
    let by_both: Reading = |text| {
        let note: Note = text.parse().map_err(|error| format!("{error}"))?;
        let keys = [log_key(), witness_key()];
        keys.iter()
            .try_for_each(|key| note.verify(key.verifier()).map(drop))
            .map_err(|error| error.to_string())
    };
    refused("note", by_both, &text, &rows);
}

#[test]
fn requests_to_a_witness() {
    let body = request();
    let root = TreeHash::empty_root().to_base64();
    let many = format!("{root}\n").repeat(100_000);
    let rows = [
        row("no old size", "old 7\n", "", "does not begin with `old SIZE`"),
        row("an old size with a zero", "old 7", "old 07", "'07' is not a size"),
        row("an old size below nothing", "old 7", "old -7", "'-7' is not a size"),
        row("a huge old size", "old 7", format!("old {}", "7".repeat(1000)), "is not a size"),
        row("a proof of words", root.clone(), "a proof", "'a proof' is not a hash of the tree"),
        row("a proof without end", format!("{root}\n"), many, "bytes"),
        row(
            "more hashes than a proof has",
            format!("{root}\n"),
            format!("{root}\n").repeat(63),
            "more than 63",
        ),
        row("another size in the note", "1234", "01234", "'01234' is not a number of entries"),
    ];
    let reading: Reading = |text| {
        let asked = AddCheckpoint::from_body(text.as_bytes()).map_err(|error| error.to_string())?;
        // Cut after the first signature it is a request that the second did not sign.
        let verified = asked.signed.note.verify(witness_key().verifier());
        verified.map(drop).map_err(|error| error.to_string())
    };
    refused("request", reading, &body, &rows);
    assert!(
        AddCheckpoint::from_body(b"old 7\n\xff\n\n").is_err_and(|error| error.to_string().contains("UTF-8"))
    );
}
