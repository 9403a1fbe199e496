//! The shell around the picker: terminal, clock, keyboard, newer lists.

use super::{
    Listing, News, Options, Order, Picked, Source,
    model::Model,
    update::{Effect, Msg, update},
    view::view,
};
use crate::screen::{
    ScreenError, TypedAhead,
    shell::{self, Happening, Shell},
    terminal::{Input, Stage},
};

/// Shows the picker on `list` until the operator chooses or leaves. What was typed `ahead` goes to
/// it, and what was typed since the choice is there afterwards. Needs a current-thread runtime with
/// I/O and time.
///
/// # Errors
/// When the terminal cannot be set up or written to.
pub(crate) async fn run(
    list: Listing,
    source: Source,
    options: Options,
    ahead: &mut TypedAhead,
) -> Result<Picked, ScreenError> {
    if list.total() == 0 && list.warnings.is_empty() {
        return Ok(Picked::NothingToShow);
    }
    let mut model = Model::new(options, list, shell::now(), ratatui::layout::Size::ZERO);
    let rows = model.rows_wanted();
    let mut stage = Stage::inline(rows)?;
    let size = stage.size();
    let mut picker = Picker {
        shell: Shell::new(stage, ahead)?,
        model,
        source,
        rows,
        news_ended: false,
    };
    update(&mut picker.model, Msg::Resized(size));
    let picked = picker.serve().await;
    *ahead = picker.shell.close();
    picked
}

struct Picker {
    shell: Shell,
    model: Model,
    source: Source,
    /// How many rows the terminal was asked for.
    rows: u16,
    news_ended: bool,
}

impl Picker {
    async fn serve(&mut self) -> Result<Picked, ScreenError> {
        loop {
            self.grow()?;
            let model = &self.model;
            self.shell.draw(|frame| view(model, frame))?;
            let due = self.model.next_change_ms();
            let msg = tokio::select! {
                biased;
                happening = self.shell.happening() => match happening {
                    Happening::Frame => continue,
                    Happening::Ended(signal) => {
                        return Ok(Picked::Left(super::Leaving::Signalled(signal)));
                    }
                    Happening::Resized => Msg::Resized(self.shell.stage.resize()?),
                    Happening::Suspended => Msg::Resized(self.shell.suspend()?),
                    Happening::Continued => Msg::Resized(self.shell.go_on()?),
                    Happening::Input(Input::Key(chord)) => Msg::Key(chord),
                    Happening::Input(Input::Paste(text)) => Msg::Paste(text),
                    Happening::Input(Input::HungUp | Input::Focus(_)) => continue,
                },
                news = self.source.news.recv(), if !self.news_ended => match news {
                    Some(News::List(list)) => Msg::List(list),
                    Some(News::Peeked(pod, seen)) => Msg::Peeked(pod, seen),
                    Some(News::Settled(order, result)) => Msg::Settled(order, result),
                    None => {
                        self.news_ended = true;
                        continue;
                    }
                },
                () = shell::wait(due) => Msg::Clock(shell::now()),
            };
            update(&mut self.model, Msg::Clock(shell::now()));
            for effect in update(&mut self.model, msg) {
                if let Some(picked) = self.carry_out(effect)? {
                    return Ok(picked);
                }
            }
            self.shell.touch();
        }
    }

    /// Asks the terminal for more rows when the list needs them.
    fn grow(&mut self) -> Result<(), ScreenError> {
        let rows = self.model.rows_wanted();
        if rows != self.rows {
            self.rows = rows;
            let size = self.shell.stage.reshape(rows)?;
            update(&mut self.model, Msg::Resized(size));
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> Result<Option<Picked>, ScreenError> {
        match effect {
            Effect::Choose(name, action) => {
                let place = self.model.place();
                return Ok(Some(Picked::Chosen {
                    name,
                    action,
                    place,
                }));
            }
            Effect::Leave => return Ok(Some(Picked::Left(super::Leaving::Asked))),
            Effect::Repaint => {
                self.shell.stage.resize()?;
            }
            Effect::Suspend if self.shell.ask_to_suspend() => {}
            Effect::Suspend => drop(update(&mut self.model, Msg::NotSuspended)),
            Effect::Order(order) => {
                if let Err(error) = self.source.orders.try_send(order) {
                    let why = error.to_string();
                    let answer = match error.into_inner() {
                        Order::Peek(pod) => Msg::Peeked(pod, Err(why)),
                        order => Msg::Settled(order, Err(why)),
                    };
                    update(&mut self.model, answer);
                }
            }
        }
        Ok(None)
    }
}
