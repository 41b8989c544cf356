//! The tolerant matcher: the words of a pattern, in order, with a few other words between them.

use super::kind::{Kind, Reading};
use super::number;
use super::slot::Slot;

/// One way to say something: words and slots in order.
#[derive(Debug)]
pub(super) struct Pattern {
    items: Vec<Item>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Word(String),
    /// The slot's place among the script's slots.
    Slot(usize),
}

/// How well words fit a pattern, and what they say of its slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fit {
    /// Words that are not in the pattern.
    pub(super) cost: usize,
    /// In the pattern's order.
    pub(super) readings: Vec<(usize, Reading)>,
}

/// Beyond any pattern's budget: a word that turns the meaning round.
const REVERSAL: usize = 100;

impl Pattern {
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self { items }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Parts of the pattern: of two equal fits the one with more parts says more.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The cheapest way in which `words` say this, if at most a few words are left over: one more
    /// than the pattern has parts, and never more than five.
    pub(super) fn fit(&self, words: &[&str], slots: &[Slot]) -> Option<Fit> {
        let budget = (1 + self.items.len()).min(5);
        // `reach[n]`: the cheapest way to have used the first n words.
        let mut reach = vec![None; words.len() + 1];
        if let Some(start) = reach.first_mut() {
            *start = Some(Fit::default());
        }
        for (index, item) in self.items.iter().enumerate() {
            skip(&mut reach, words, budget);
            reach = match item {
                Item::Word(word) => take_word(&reach, words, word),
                Item::Slot(slot) => {
                    let kind = slots.get(*slot)?.kind;
                    take_slot(&reach, words, (*slot, kind), index > 0)
                }
            };
        }
        skip(&mut reach, words, budget);
        reach.pop().flatten()
    }
}

/// Lets every place be reached from the one before it by leaving a word unused.
fn skip(reach: &mut [Option<Fit>], words: &[&str], budget: usize) {
    let mut carried: Option<Fit> = None;
    let costs = std::iter::once(0).chain(words.iter().map(|word| match *word {
        "not" | "never" => REVERSAL,
        _ => 1,
    }));
    for (place, cost) in reach.iter_mut().zip(costs) {
        if let Some(mut skipped) = carried.take() {
            skipped.cost += cost;
            if skipped.cost <= budget {
                offer(place, skipped);
            }
        }
        carried = place.clone();
    }
}

fn take_word(reach: &[Option<Fit>], words: &[&str], wanted: &str) -> Vec<Option<Fit>> {
    let used = reach
        .iter()
        .zip(words)
        .map(|(fit, word)| fit.clone().filter(|_| *word == wanted));
    std::iter::once(None).chain(used).collect()
}

fn take_slot(
    reach: &[Option<Fit>],
    words: &[&str],
    (slot, kind): (usize, Kind),
    guided: bool,
) -> Vec<Option<Fit>> {
    let mut next = vec![None; reach.len()];
    for (start, fit) in reach.iter().enumerate() {
        let (Some(fit), Some(rest)) = (fit, words.get(start..)) else {
            continue;
        };
        for length in 1..=rest.len().min(Kind::MOST_WORDS) {
            let Some(run) = rest.get(..length) else { break };
            let found = kind.read(run).map(|reading| (reading, 0));
            // "a table for to": only after words of the pattern, else every "to" would be a two.
            let found = found.or_else(|| match (run, kind) {
                ([word], Kind::Number { .. }) if guided => {
                    number::homophone(word).map(|number| (Reading::Number(number), 1))
                }
                _ => None,
            });
            if let (Some((reading, cost)), Some(place)) = (found, next.get_mut(start + length)) {
                let mut fit = fit.clone();
                fit.cost += cost;
                fit.readings.push((slot, reading));
                offer(place, fit);
            }
        }
    }
    next
}

/// Keeps the cheaper way, and of two equal ones the first.
fn offer(place: &mut Option<Fit>, fit: Fit) {
    if place.as_ref().is_none_or(|kept| fit.cost < kept.cost) {
        *place = Some(fit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::phrase::Phrase;
    use super::*;

    fn slots() -> [Slot; 2] {
        [
            Slot::new("party", Kind::Number { min: 1, max: 12 }),
            Slot::new(
                "time",
                Kind::Time {
                    open: 0,
                    close: 1439,
                },
            ),
        ]
    }

    fn fit(phrase: &str, text: &str) -> Option<(usize, Vec<String>)> {
        let slots = slots();
        let phrase = Phrase::parse(phrase, &slots).expect("a phrase");
        let words: Vec<&str> = text.split_whitespace().collect();
        let fit = phrase
            .patterns
            .iter()
            .filter_map(|pattern| pattern.fit(&words, &slots))
            .min_by_key(|fit| fit.cost)?;
        let values = fit
            .readings
            .iter()
            .filter_map(|(slot, reading)| slots.get(*slot)?.kind.accept(*reading))
            .map(|value| value.exact)
            .collect();
        Some((fit.cost, values))
    }

    #[test]
    fn a_few_other_words_cost_one_each() {
        let book = "book a table for {party}";
        let two = |cost| Some((cost, vec!["2".to_owned()]));
        assert_eq!(fit(book, "book a table for two"), two(0));
        assert_eq!(fit(book, "book me a nice table for two"), two(2));
        assert_eq!(fit(book, "i would like to book a table for two"), two(4));
        assert_eq!(fit(book, "book a table for to"), two(1));
        assert_eq!(fit(book, "table a book for two"), None);
        assert_eq!(
            fit(book, "one two three four five six book a table for two"),
            None
        );
    }

    #[test]
    fn slots_share_the_words_between_them() {
        let values = |party: &str, time: &str| Some((0, vec![party.to_owned(), time.to_owned()]));
        let both = "{party} at {time}";
        assert_eq!(fit(both, "two at half past seven"), values("2", "07:30"));
        assert_eq!(
            fit("{party} {time}", "two seven thirty"),
            values("2", "07:30")
        );
    }

    #[test]
    fn a_reversal_is_never_skipped() {
        assert_eq!(fit("stop", "stop it now"), Some((2, Vec::new())));
        assert_eq!(fit("stop", "do not stop"), None);
    }

    #[test]
    fn a_bare_slot_takes_no_sound_alike() {
        assert_eq!(fit("{party}", "to go"), None);
    }
}
