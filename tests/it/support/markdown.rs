//! What the documents are made of: sections, and blocks of code.

/// A block of code of one language.
#[derive(Debug)]
pub struct Block {
    /// The number of its first line, from 1.
    pub line: usize,
    /// With a line break after every line.
    pub text: String,
}

/// The blocks that begin with three backticks and exactly this language.
pub fn blocks(page: &str, language: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(of) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = inside.map(|line| format!("{line}\n")).collect();
            if of == language {
                blocks.push(Block { line: at + 2, text });
            }
        }
    }
    blocks
}

/// The parts of a page that begin with a heading of this depth, such as `## `, and end before the
/// next one of this depth or above; what stands before the first is none.
pub fn sections<'p>(page: &'p str, depth: &str) -> Vec<&'p str> {
    let level = |heading: &str| heading.bytes().take_while(|byte| *byte == b'#').count();
    let ends = headings(page).filter(|(_, heading)| level(heading) <= level(depth));
    let ends: Vec<(usize, &str)> = ends.chain([(page.len(), "")]).collect();
    let parts = ends.windows(2).filter(|pair| pair[0].1.starts_with(depth));
    parts.map(|pair| &page[pair[0].0..pair[1].0]).collect()
}

/// Every heading with the place where it begins.
pub fn headings(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut at, mut code) = (0, false);
    page.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        code ^= line.starts_with("```");
        (!code && line.starts_with('#')).then(|| (start, line.trim_end()))
    })
}

/// A table: the texts of its cells.
#[derive(Debug)]
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The tables outside of blocks of code.
pub fn tables(page: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            lines.by_ref().find(|line| line.starts_with("```"));
        } else if line.starts_with('|') {
            let rows = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
            tables.push(Table { head: cells(line), rows: rows.map(cells).collect() });
        }
    }
    tables
}

/// A `|` that is none of the table's is written `\|`, also in code.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().replace("\\|", "\0");
    let cells = row.trim_start_matches('|').strip_suffix('|').unwrap_or(&row).split('|');
    cells.map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// What stands in single backticks.
pub fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
