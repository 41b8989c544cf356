//! From the text of a script to a checked [`Script`]: the whole file, its slots and its intents.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::{Table, Value as Toml};

use super::fault::{Faults, ScriptErrors};
use super::kind::Kind;
use super::phrase::Phrase;
use super::say::{Say, SayReader};
use super::section::{Section, describe, text_of, texts_of};
use super::slot::Slot;
use super::state::{Patience, State};
use super::{Script, clock, parse_state};

/// Longer files are no scripts.
const MOST_BYTES: usize = 256 * 1024;

/// What has been read so far, and what was wrong with it.
#[derive(Debug, Default)]
pub(super) struct Parser {
    pub(super) name: String,
    pub(super) faults: Faults,
    pub(super) says: SayReader,
    pub(super) slots: Vec<Slot>,
    pub(super) intents: Vec<Intent>,
    /// The names of all states, in the order of their places.
    pub(super) states: Vec<String>,
    pub(super) destinations: BTreeMap<String, String>,
}

/// Something a caller can want.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) name: Arc<str>,
    pub(super) phrases: Arc<[Phrase]>,
}

pub(super) fn parse(text: &str) -> Result<Script, ScriptErrors> {
    let mut parser = Parser::default();
    let table = if text.len() > MOST_BYTES {
        let got = format!("{} bytes", text.len());
        parser
            .faults
            .add("line 1", format!("at most {MOST_BYTES} bytes"), got);
        Table::new()
    } else {
        toml_table(text, &mut parser.faults)
    };
    if !parser.faults.is_empty() {
        return Err(parser.faults.into_errors());
    }
    parser.script(&table)
}

fn toml_table(text: &str, faults: &mut Faults) -> Table {
    text.parse().unwrap_or_else(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        faults.add(format!("line {line}"), "TOML", error.message());
        Table::new()
    })
}

impl Parser {
    fn script(mut self, table: &Table) -> Result<Script, ScriptErrors> {
        let mut root = Section::root(table);
        let faults = &mut self.faults;
        let name = root.required_text("name", faults).unwrap_or_default();
        check_name("name", name, faults);
        name.clone_into(&mut self.name);
        let voice = root.required_text("voice", faults).unwrap_or_default();
        let destinations = root.section("destinations", faults);
        let slots = root.section("slots", faults);
        let intents = root.section("intents", faults);
        let states = root.section("states", faults);
        self.states = names(&states, faults);
        for (name, place, value) in destinations.entries() {
            check_name(&place, name, faults);
            let number = text_of(&place, value, faults).unwrap_or_default();
            self.destinations.insert(name.to_owned(), number.to_owned());
        }
        self.read_slots(&slots);
        self.read_intents(&intents);
        let greeting = self.required_say(&mut root, "greeting");
        let (states, start) = parse_state::read(&mut self, &mut root, &states);
        let fallback = self.patience(&mut root, "fallback", "Sorry, I did not understand.");
        let silence = self.patience(&mut root, "silence", "Are you still there?");
        let mut transfer = root.section("transfer", &mut self.faults);
        let transfer_failed = self.say_or(&mut transfer, "failed", "Sorry, nobody is there.");
        transfer.finish(&mut self.faults);
        root.finish(&mut self.faults);
        let states: Vec<Arc<State>> = states.into_iter().map(Arc::new).collect();
        let Some(first) = states.get(start) else {
            return Err(self.faults.into_errors());
        };
        let script = Script {
            name: self.name,
            voice: voice.to_owned(),
            greeting,
            start: Arc::clone(first),
            start_id: start,
            states,
            slots: self.slots,
            fallback,
            silence,
            transfer_failed,
            lines: self.says.lines,
            turns: self.says.turns,
        };
        self.faults.into_result(script)
    }

    /// All kinds first, for the lines and phrases of a slot may name any slot.
    fn read_slots(&mut self, all: &Section<'_>) {
        let mut sections = Vec::new();
        for (name, place, value) in all.entries() {
            check_name(&place, name, &mut self.faults);
            let mut section = Section::of(place, Some(value), &mut self.faults);
            let kind = kind(&mut section, &mut self.faults);
            self.slots.push(Slot::new(name, kind));
            sections.push(section);
        }
        let mut whole = Vec::new();
        for (id, mut section) in sections.into_iter().enumerate() {
            let (slots, faults) = (&self.slots, &mut self.faults);
            let Some(slot) = slots.get(id) else { continue };
            let mut read = Slot::new(&slot.name, slot.kind);
            read.ask = self.says.read_key(&mut section, "ask", slots, faults);
            read.reask = self.says.read_key(&mut section, "reask", slots, faults);
            read.offer = self.says.read_key(&mut section, "offer", slots, faults);
            read.invalid = self.says.read_key(&mut section, "invalid", slots, faults);
            let mut answers = section.texts("answers", faults);
            let alone = format!("{{{}}}", slot.name);
            if answers.is_empty() {
                answers.push((section.place_of("answers"), &alone));
            }
            read.answers = Arc::from(phrases(answers, slots, faults));
            section.finish(faults);
            whole.push(read);
        }
        self.slots = whole;
    }

    fn read_intents(&mut self, all: &Section<'_>) {
        for (name, place, value) in all.entries() {
            check_name(&place, name, &mut self.faults);
            let texts = texts_of(&place, value, &mut self.faults);
            self.intents.push(Intent {
                name: Arc::from(name),
                phrases: phrases(texts, &self.slots, &mut self.faults).into(),
            });
        }
    }

    fn patience(&mut self, root: &mut Section<'_>, key: &'static str, default: &str) -> Patience {
        let mut section = root.section(key, &mut self.faults);
        let say = self.say_or(&mut section, "say", default);
        let offer_after = section.whole("offer_after", 1..=20, &mut self.faults);
        let give_up_after = section.whole("give_up_after", 1..=20, &mut self.faults);
        let place = section.place_of("give_up");
        let goodbye = || {
            let mut table = Table::new();
            table.insert("say".to_owned(), Toml::String("Goodbye.".to_owned()));
            table.insert("hang_up".to_owned(), Toml::Boolean(true));
            Toml::Table(table)
        };
        let give_up = match section.value("give_up") {
            Some(value) => self.step(&place, value),
            None => self.step(&place, &goodbye()),
        };
        section.finish(&mut self.faults);
        Patience {
            say,
            offer_after: offer_after.unwrap_or(2),
            give_up_after: give_up_after.unwrap_or(3),
            give_up: Arc::new(give_up),
        }
    }

    fn required_say(&mut self, section: &mut Section<'_>, key: &'static str) -> Say {
        let say = self
            .says
            .read_key(section, key, &self.slots, &mut self.faults);
        say.unwrap_or_else(|| {
            self.faults.add(section.place_of(key), "text", "nothing");
            Say::default()
        })
    }

    fn say_or(&mut self, section: &mut Section<'_>, key: &'static str, default: &str) -> Say {
        let (place, default) = (section.place_of(key), Toml::String(default.to_owned()));
        let value = section.value(key).unwrap_or(&default);
        self.says.read(&place, value, &self.slots, &mut self.faults)
    }
}

fn names(section: &Section<'_>, faults: &mut Faults) -> Vec<String> {
    let mut names = Vec::new();
    for (name, place, _) in section.entries() {
        check_name(&place, name, faults);
        names.push(name.to_owned());
    }
    if names.is_empty() {
        faults.add(section.place(), "at least one state", "none");
    }
    names
}

/// Names become rules of a grammar.
fn check_name(place: &str, name: &str, faults: &mut Faults) {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(legal) {
        let expected = "a name of a to z, 0 to 9 and _, with a letter first";
        faults.add(place, expected, format!("\"{name}\""));
    }
}

fn kind(section: &mut Section<'_>, faults: &mut Faults) -> Kind {
    match section.required_text("type", faults) {
        Some("number") => {
            let min = section.whole("min", 0..=999, faults).unwrap_or(0);
            let max = section.whole("max", 0..=999, faults).unwrap_or(99);
            if min > max {
                let expected = format!("at least min, {min}");
                faults.add(section.place_of("max"), expected, format!("{max}"));
            }
            Kind::Number { min, max }
        }
        Some("time") => {
            let open = time(section, "from", faults).unwrap_or(0);
            let close = time(section, "to", faults).unwrap_or(1439);
            if open > close {
                let expected = format!("no earlier than from, {}", clock::display(open));
                faults.add(section.place_of("to"), expected, clock::display(close));
            }
            Kind::Time { open, close }
        }
        Some("day") => Kind::Day,
        Some("yes_no") | None => Kind::YesNo,
        Some(other) => {
            let expected = "number, time, day or yes_no";
            faults.add(section.place_of("type"), expected, format!("\"{other}\""));
            Kind::YesNo
        }
    }
}

fn time(section: &mut Section<'_>, key: &'static str, faults: &mut Faults) -> Option<u32> {
    let value = section.value(key)?;
    let minutes = value.as_str().and_then(clock::parse);
    if minutes.is_none() {
        let expected = "a time like \"19:30\"";
        faults.add(section.place_of(key), expected, describe(value));
    }
    minutes
}

fn phrases(texts: Vec<(String, &str)>, slots: &[Slot], faults: &mut Faults) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    for (place, text) in texts {
        match Phrase::parse(text, slots) {
            Ok(phrase) => phrases.push(phrase),
            Err((expected, got)) => faults.add(place, expected, got),
        }
    }
    phrases
}
