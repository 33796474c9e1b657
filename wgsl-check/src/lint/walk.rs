//! Walks over naga's form of a shader.

use naga::{Block, Function, Module, ShaderStage, Statement};

/// All functions, compute entry points included.
pub fn functions(module: &Module) -> impl Iterator<Item = &Function> {
    let entries = module
        .entry_points
        .iter()
        .filter(|entry| entry.stage == ShaderStage::Compute);
    module
        .functions
        .iter()
        .map(|(_, function)| function)
        .chain(entries.map(|entry| &entry.function))
}

/// Visits every statement of a block, those in inner blocks included.
pub fn statements<'a>(block: &'a Block, visit: &mut dyn FnMut(&'a Statement)) {
    spans(block, &mut |statement, _| visit(statement));
}

/// The same with each statement's place.
pub fn spans<'a>(block: &'a Block, visit: &mut dyn FnMut(&'a Statement, naga::Span)) {
    for (statement, span) in block.span_iter() {
        visit(statement, *span);
        match statement {
            Statement::Block(inner) => spans(inner, visit),
            Statement::If { accept, reject, .. } => {
                spans(accept, visit);
                spans(reject, visit);
            }
            Statement::Switch { cases, .. } => {
                cases.iter().for_each(|case| spans(&case.body, visit));
            }
            Statement::Loop {
                body, continuing, ..
            } => {
                spans(body, visit);
                spans(continuing, visit);
            }
            _ => {}
        }
    }
}
