//! An explanation as a tree of lines for people: the overall rating, under it the themes, under these the statements
//! with what led to each score, and after the tree the evidence, the results and every entry with its hash.
//!
//! At most 110 columns; a longer line goes on below, further in. An address is never broken.

use std::fmt::Display;

use ledger_core::assessment::codes::StatementId;
use ledger_core::assessment::event::{EvidenceResult, FieldValue};
use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::values::{Sequence, Timestamp};

use super::Explanation;
use super::arithmetic::{Calculation, words};
use super::parts::{
    AssessmentStep, ChallengeStep, CorrectionStep, DocumentStep, DraftStep, EntryStep, EvidenceStep,
    GivenStep, ResultStep, ReviewStep, ScoreDeed, ScoreStep, StatementStep, ThemeStep,
};
use super::results::of_statement;
use crate::register::{ResultKind, Status};
use crate::summary::spelled;

/// Columns of a line at most.
const WIDTH: usize = 110;

/// The whole explanation.
pub(super) fn text(explanation: &Explanation) -> String {
    let mut tree = Tree { explanation, text: String::new() };
    tree.heading();
    tree.overall();
    explanation.themes.iter().for_each(|theme| tree.theme(theme));
    tree.section("results it rests on", &explanation.results, Tree::result);
    tree.fallen();
    tree.section("evidence under these scores", &explanation.evidence, Tree::evidence);
    tree.entries();
    tree.notes();
    tree.text
}

struct Tree<'e> {
    explanation: &'e Explanation,
    text: String,
}

impl Tree<'_> {
    /// A line so far in; what does not fit goes on below.
    fn line(&mut self, depth: usize, text: impl Display) {
        let (mut indent, mut line) = (2 * depth, String::new());
        for word in text.to_string().split(' ') {
            if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.put(indent, &line);
                (indent, line) = (2 * depth + 4, String::new());
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.put(indent, &line);
    }

    fn put(&mut self, indent: usize, line: &str) {
        self.text.push_str(format!("{:indent$}{line}", "").trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self) {
        let it = self.explanation;
        let name = it.name.as_ref().map_or(it.subject.to_string(), |name| format!("{name} ({})", it.subject));
        self.line(0, name);
        self.line(
            0,
            format!("as of {}, known at {}: {} entries, head", it.as_of, it.known_at, it.head.entries),
        );
        self.line(1, it.head.hash);
        let status = match it.status {
            Status::InForce => "in force",
            Status::NotYetAssessed => "not yet assessed",
            Status::Withdrawn => "withdrawn",
            Status::Ended => "ended",
        };
        let basis = it.basis.as_ref().map_or(String::new(), |basis| format!(", {basis}"));
        self.line(0, format!("status: {status}{basis}"));
        if let Some(framework) = &it.framework {
            let adopted = it.adopted.map_or(String::new(), |entry| format!(", adopted in entry {entry}"));
            self.line(0, format!("method: {framework}{adopted}"));
        }
        for caveat in &it.caveats {
            self.line(0, format!("but: {}", caveat.words()));
        }
        for trigger in &it.triggers {
            let summary = it.entry_at(*trigger).map_or("", |entry| &entry.summary);
            self.line(0, format!("open trigger: {summary} {}", self.by(*trigger)));
        }
        for remark in &it.remarks {
            self.line(0, format!("note: {remark}"));
        }
        for successor in &it.successors {
            self.line(0, format!("succeeded by: {successor}"));
        }
        for before in &it.predecessors {
            let stood = rated(before.rating, before.percent);
            self.line(0, format!("follows: {}, which stood at {stood}; not inherited", before.subject));
        }
    }

    fn overall(&mut self) {
        let it = self.explanation;
        if it.result.is_none() {
            return;
        }
        self.text.push('\n');
        self.line(0, format!("overall: {}", rated(it.rating, it.percent)));
        self.calculation(1, it.calculation.as_ref());
        if let (Some(only), true) = (&it.only, it.calculation.is_some()) {
            self.line(1, format!("(only {only} is shown below)"));
        }
        if !it.missing.is_empty() && it.only.is_some() {
            let missing: Vec<&str> = it.missing.iter().map(|statement| statement.as_str()).collect();
            self.line(1, format!("without a score: {}", missing.join(", ")));
        }
    }

    fn calculation(&mut self, depth: usize, calculation: Option<&Calculation>) {
        for line in calculation.iter().flat_map(|calculation| &calculation.spelled) {
            self.line(depth, line);
        }
    }

    fn theme(&mut self, theme: &ThemeStep) {
        self.line(1, format!("theme {} ({}): {}", theme.id, theme.name, rated(theme.rating, theme.percent)));
        self.calculation(2, theme.calculation.as_ref());
        if theme.calculation.is_none() {
            let (scored, of) = (theme.scored, theme.statements_of_theme);
            self.line(2, format!("not calculated: {scored} of {of} statements have a score"));
        }
        theme.statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &StatementStep) {
        let Some((score, result)) = statement.score.zip(statement.result) else {
            return self
                .line(2, format!("statement {}: no score in any result that counts", statement.statement));
        };
        self.line(2, format!("statement {} ({}): {score}", statement.statement, statement.name));
        self.line(3, provenance(statement, result));
        self.calculation(3, statement.calculation.as_ref());
        statement.given.iter().for_each(|given| self.given(given));
        let source = self.explanation.results.iter().find(|step| step.entry == result);
        if let Some(source) = source {
            let scored_as =
                statement.mapped_from.as_ref().map_or(&statement.statement, |from| &from.statement);
            self.transcribed_score(source, scored_as);
            let about = |challenge: &&ChallengeStep| challenge.statement.as_ref() == Some(scored_as);
            let challenges = source.assessment.iter().flat_map(|assessment| &assessment.challenges);
            challenges.filter(about).for_each(|challenge| self.challenged(challenge));
        }
    }

    /// A challenge in short; the whole stands with the result.
    fn challenged(&mut self, challenge: &ChallengeStep) {
        let outcome = challenge.outcome.map_or("undecided".to_owned(), |outcome| spelled(&outcome));
        let (entry, organisation, ground) =
            (challenge.entry, &challenge.organisation, spelled(&challenge.ground));
        let decision = challenge.decision.map_or(String::new(), |decision| format!(" [{decision}]"));
        self.line(3, format!("challenged for {organisation} ({ground}) [{entry}]: {outcome}{decision}"));
    }

    fn transcribed_score(&mut self, source: &ResultStep, statement: &StatementId) {
        let Some(transcription) = &source.transcription else { return };
        let printed = transcription.printed_scores.iter().find(|printed| printed.statement == *statement);
        let printed = printed.map_or("no score".to_owned(), |printed| printed.score.to_string());
        self.line(3, format!("transcribed as printed: {printed}"));
        for correction in of_statement(source, statement) {
            self.correction(3, correction);
        }
    }

    fn given(&mut self, given: &GivenStep) {
        let mut depth = 3;
        if let Some(category) = &given.category {
            self.line(depth, format!("{category}: score {}", given.score));
            depth += 1;
        }
        given.steps.iter().for_each(|step| self.score_step(depth, step));
        if given.evidence.is_empty() {
            self.line(depth, "on no evidence");
        }
        for entry in &given.evidence {
            let item = self.explanation.evidence_at(*entry);
            let what = item.map_or("not read".to_owned(), kind_of_evidence);
            self.line(depth, format!("evidence {entry} {what}{}", self.gone(*entry, item)));
        }
    }

    /// What no longer holds of an item of evidence, in short.
    fn gone(&self, entry: Sequence, item: Option<&EvidenceStep>) -> String {
        let withdrawn = item.is_some_and(|item| item.withdrawn.is_some());
        let documents = self.explanation.entry_at(entry).map_or(&[][..], |entry| &entry.documents);
        let erased = documents.iter().any(|document| document.erased.is_some());
        format!("{}{}", if withdrawn { ", *withdrawn*" } else { "" }, if erased { ", *erased*" } else { "" })
    }

    fn score_step(&mut self, depth: usize, step: &ScoreStep) {
        let score = step.score;
        let panel: Vec<&str> = step.panel.iter().map(|member| member.as_str()).collect();
        let seen =
            if panel.is_empty() { "moderated".to_owned() } else { format!("panel of {}", panel.join(", ")) };
        let what = match (step.deed, step.before) {
            (ScoreDeed::Assigned, _) => format!("assigned {score}"),
            (ScoreDeed::Changed, Some(before)) => format!("changed {before} -> {score}"),
            (ScoreDeed::Changed, None) => format!("changed to {score}"),
            (ScoreDeed::Moderated, Some(before)) if before != score => format!("{seen}: {before} -> {score}"),
            (ScoreDeed::Moderated, _) => format!("{seen}: {score} confirmed"),
        };
        let because = step.cause.map_or(String::new(), |cause| format!(", cause {},", spelled(&cause)));
        let decision = step.decision.map_or(String::new(), |entry| format!(" decision {entry},"));
        self.line(depth, format!("{what}{because}{decision} {}", self.by(step.entry)));
        self.erased(depth + 1, step.entry);
    }

    /// By whom and when an entry was made, and where it is.
    fn by(&self, entry: Sequence) -> String {
        let Some(step) = self.explanation.entry_at(entry) else { return format!("[{entry}]") };
        format!("by {}, {} [{entry}]", step.author, times(step))
    }

    /// The erased documents of an entry.
    fn erased(&mut self, depth: usize, entry: Sequence) {
        let documents: Vec<DocumentStep> =
            self.explanation.entry_at(entry).map(|step| step.documents.clone()).unwrap_or_default();
        for document in documents {
            if let Some(erased) = document.erased {
                self.line(depth, format!("{} *{erased}* [{}]", document.field, erased.entry));
            }
        }
    }

    fn section<T>(&mut self, title: &str, items: &[T], one: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.text.push('\n');
        self.line(0, title);
        items.iter().for_each(|item| one(self, item));
    }

    fn result(&mut self, result: &ResultStep) {
        let kind = match result.kind {
            ResultKind::Published => "published",
            ResultKind::Transcribed => "transcribed",
        };
        let stated = rated(result.rating, result.percent);
        self.line(1, format!("result {}: {stated}, counts from {}", result.entry, result.effective));
        let phase = result.phase.map_or(String::new(), |phase| format!(", {}", spelled(&phase)));
        self.line(2, format!("{kind} under {}{phase} {}", result.framework, self.by(result.entry)));
        self.erased(3, result.entry);
        if let Some(replaces) = result.replaces {
            self.line(2, format!("replaces result {replaces}"));
        }
        self.transcription(result);
        result.assessment.iter().for_each(|assessment| self.assessment(assessment));
        result.corrections.iter().for_each(|correction| self.correction(2, correction));
        result.reviews.iter().for_each(|review| self.review(review));
    }

    fn transcription(&mut self, result: &ResultStep) {
        let Some(transcription) = &result.transcription else { return };
        if let Some(source) = &transcription.source {
            self.line(2, format!("source {source}"));
        }
        let dated = transcription.printed_date.map_or("undated".to_owned(), |date| format!("dated {date}"));
        let printed = rated(transcription.printed_rating, transcription.printed_percent);
        let scores = transcription.printed_scores.len();
        self.line(2, format!("printed there: {dated}, {printed}, {scores} statement scores"));
    }

    fn assessment(&mut self, assessment: &AssessmentStep) {
        let cause = assessment.cause.map_or(String::new(), |cause| format!(" ({})", spelled(&cause)));
        let trigger = assessment.trigger.map_or(String::new(), |entry| format!(" by trigger {entry}"));
        self.line(2, format!("assessment opened{cause}{trigger} {}", self.by(assessment.opened)));
        assessment.drafts.iter().for_each(|draft| self.draft(draft));
        assessment.challenges.iter().for_each(|challenge| self.challenge(2, challenge));
        self.line(2, format!("findings {}", self.by(assessment.findings)));
        self.erased(3, assessment.findings);
        for regulation in &assessment.breaches {
            self.line(3, format!("breach of {regulation}"));
        }
    }

    fn draft(&mut self, draft: &DraftStep) {
        let recipients: Vec<&str> = draft.recipients.iter().map(|one| one.as_str()).collect();
        let (emailed, closes) = (draft.emailed, draft.closes);
        let what = format!("draft to {}, emailed {emailed}, window to {closes}", recipients.join(", "));
        self.line(2, format!("{what} {}", self.by(draft.entry)));
        self.erased(3, draft.entry);
        for entry in &draft.extended {
            self.line(3, format!("extended {}", self.by(*entry)));
            self.erased(4, *entry);
        }
        for confirmed in &draft.confirmed {
            self.line(3, format!("confirmed for {} {}", confirmed.organisation, self.by(confirmed.entry)));
        }
    }

    fn challenge(&mut self, depth: usize, challenge: &ChallengeStep) {
        let about =
            challenge.statement.as_ref().map_or(String::new(), |statement| format!(" of {statement}"));
        let ground = spelled(&challenge.ground);
        let what = format!("challenge{about} for {} ({ground})", challenge.organisation);
        self.line(depth, format!("{what} {}", self.by(challenge.entry)));
        self.erased(depth + 1, challenge.entry);
        match (challenge.outcome, challenge.decision) {
            (Some(outcome), Some(decision)) => {
                self.line(depth + 1, format!("decided: {} {}", spelled(&outcome), self.by(decision)));
                self.erased(depth + 2, decision);
            }
            _ => self.line(depth + 1, "undecided"),
        }
    }

    fn review(&mut self, review: &ReviewStep) {
        let asked = review.organisation.as_ref().map_or(String::new(), |one| format!(" for {one}"));
        let what = format!("review of result {} asked{asked}", review.result);
        self.line(2, format!("{what} {}", self.by(review.entry)));
        self.erased(3, review.entry);
        match (review.outcome, review.decision) {
            (Some(outcome), Some(decision)) => {
                self.line(3, format!("decided: {} {}", spelled(&outcome), self.by(decision)));
                self.erased(4, decision);
            }
            _ if review.replaced_by.is_none() => self.line(3, "undecided"),
            _ => {}
        }
        if let Some(replaced_by) = review.replaced_by {
            self.line(3, format!("followed by result {replaced_by}"));
        }
    }

    fn correction(&mut self, depth: usize, correction: &CorrectionStep) {
        let about =
            correction.statement.as_ref().map_or(String::new(), |statement| format!(" of {statement}"));
        let (was, now) = (value(correction.was.as_ref()), value(correction.now.as_ref()));
        let decision = correction.decision.map_or(String::new(), |entry| format!(" (decision {entry})"));
        let what = format!("corrected {}{about}: was {was}, now {now}{decision}", spelled(&correction.field));
        self.line(depth, format!("{what} {}", self.by(correction.entry)));
        self.erased(depth + 1, correction.entry);
    }

    /// Results that do not count: withdrawn, or waiting for the rest of their method.
    fn fallen(&mut self) {
        let it = self.explanation;
        if it.withdrawn.is_empty() && it.waiting.is_empty() {
            return;
        }
        self.text.push('\n');
        self.line(0, "results that do not count");
        for withdrawn in &it.withdrawn {
            let cause =
                withdrawn.cause.map_or(String::new(), |cause| format!(" because of {}", spelled(&cause)));
            let what = format!("result {} withdrawn from {}{cause}", withdrawn.result, withdrawn.from);
            self.line(1, format!("{what} {}", self.by(withdrawn.entry)));
            self.erased(2, withdrawn.entry);
        }
        for waiting in &it.waiting {
            let what =
                format!("result {waiting} scores only part of its method, so the older rating stands;");
            self.line(1, format!("{what} {}", self.by(*waiting)));
        }
    }

    fn evidence(&mut self, item: &EvidenceStep) {
        self.line(1, format!("evidence {} {}", item.entry, kind_of_evidence(item)));
        let mut what: Vec<String> = Vec::new();
        what.extend(item.organisation.as_ref().map(|organisation| format!("from {organisation}")));
        what.extend(item.period.map(|period| format!("for {} to {}", period.from, period.to)));
        what.extend(item.answers.map(|request| format!("answers request {request}")));
        let foreign = item.subject != self.explanation.subject;
        let shared =
            item.shared.map_or("never shared".to_owned(), |entry| format!("shared in entry {entry}"));
        what.extend(foreign.then(|| format!("evidence of {}, {shared}", item.subject)));
        what.extend(item.result.as_ref().map(kind_of_result));
        let documents = self.explanation.entry_at(item.entry).map_or(0, |entry| entry.documents.len());
        what.push(format!("{documents} {}", if documents == 1 { "document" } else { "documents" }));
        self.line(2, format!("{}; {}", what.join(", "), self.by(item.entry)));
        if let Some(reference) = &item.reference {
            self.line(2, format!("published at {reference}"));
        }
        self.erased(2, item.entry);
        item.corrections.iter().for_each(|correction| self.correction(2, correction));
        if let Some(withdrawn) = item.withdrawn {
            self.line(2, format!("*withdrawn* {}", self.by(withdrawn)));
            self.erased(3, withdrawn);
        }
    }

    fn entries(&mut self) {
        let entries = &self.explanation.entries;
        if entries.is_empty() {
            return;
        }
        self.text.push('\n');
        self.line(0, "entries it rests on, each with the BLAKE3 of its bytes (`ledger show N`)");
        for entry in entries {
            self.put(2, &format!("{} {} {}", entry.sequence, entry.hash, entry.event));
        }
    }

    fn notes(&mut self) {
        let it = self.explanation;
        self.text.push('\n');
        for choice in &it.own_choices {
            self.line(0, format!("ours: {choice}"));
        }
        if it.entries.iter().any(|entry| entry.asserted) {
            self.line(0, "actors are asserted: *actor not authenticated*");
        }
        if !it.entries.is_empty() {
            self.line(0, "[N] is an entry; times are to the minute; where there is one, it was recorded as it happened");
        }
        self.line(0, "scores run from 1 (significant shortfalls) to 4 (exceptional)");
    }
}

fn rated(rating: Option<Rating>, percent: Option<Percent>) -> String {
    let percent = percent.map_or(String::new(), |percent| format!(", {percent} %"));
    format!("{}{percent}", rating.map_or("no rating".to_owned(), words))
}

/// When an entry happened and when it was recorded, to the minute; one time if it is the same.
fn times(entry: &EntryStep) -> String {
    let minute = |time: Timestamp| time.to_string()[..16].to_owned() + "Z";
    if entry.time == entry.recorded_time {
        return minute(entry.time);
    }
    format!("happened {}, recorded {}", minute(entry.time), minute(entry.recorded_time))
}

fn provenance(statement: &StatementStep, result: Sequence) -> String {
    let assessment = statement.assessment.map_or("transcribed".to_owned(), |at| format!("assessment {at}"));
    let effective = statement.effective.map_or(String::new(), |day| format!(" of {day}"));
    let carried = if statement.carried_forward { "carried forward from" } else { "from" };
    let mapped = statement.mapped_from.as_ref().map_or(String::new(), |from| {
        format!(", where it was {} of {}, by the mapping of this method", from.statement, from.framework)
    });
    format!("{carried} result {result}{effective}, {assessment}{mapped}")
}

fn kind_of_evidence(item: &EvidenceStep) -> String {
    format!("{} ({}, {}, {})", item.category, spelled(&item.wave), spelled(&item.site), spelled(&item.source))
}

fn kind_of_result(result: &EvidenceResult) -> String {
    match result {
        EvidenceResult::ProviderRating { provider, rating, published } => {
            let date = published.map_or(String::new(), |date| format!(" of {date}"));
            format!("the rating {} of {provider}{date}, which informs and never determines", words(*rating))
        }
        EvidenceResult::PartnerResult { entry } => format!("result {entry} of the area's own"),
        EvidenceResult::OversightSegment { organisation, segment } => {
            format!("oversight segment {segment} (1 is best) of {organisation}")
        }
        EvidenceResult::Survey { question, invited, respondents } => {
            let invited = invited.map_or(String::new(), |invited| format!(" of {invited} invited"));
            format!("survey on {question}, {respondents}{invited}")
        }
    }
}

fn value(value: Option<&FieldValue>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(FieldValue::Number(number)) => number.to_string(),
        Some(FieldValue::Text(text)) => text.as_str().to_owned(),
        Some(FieldValue::Period(period)) => format!("{} to {}", period.from, period.to),
    }
}
