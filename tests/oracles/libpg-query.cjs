// Asks PostgreSQL's own parser about scripts of SQL: where each statement ends, and what it would throw away, read from the
// syntax tree and not from words. Standard input: a JSON array of scripts. Standard output: one object for each.
// node libpg-query.cjs FOLDER, with the folder that tools/sql-oracles.sh prints.
const Module = require('module');
const load = Module._load;
// Types only, and writing trees back as SQL: nothing that parsing needs.
Module._load = (name, ...rest) => name === '@pgsql/types' || name.endsWith('proto.js') ? {} : load(name, ...rest);
const parser = require(process.argv[2] + '/parser/wasm/index.cjs');

const dropped = {
  OBJECT_TABLE: 'drop-table', OBJECT_FOREIGN_TABLE: 'drop-table', OBJECT_SCHEMA: 'drop-schema', OBJECT_EXTENSION: 'drop-extension',
};
const comparisons = new Set(['=', '<', '>', '<=', '>=', '~', '~*', '^@', '@>', '<@', '&&', '@@']);
const truths = new Set([...comparisons, '<>', '!=', '!~', '!~*']);
const ranges = new Set(['AEXPR_IN', 'AEXPR_LIKE', 'AEXPR_ILIKE', 'AEXPR_SIMILAR', 'AEXPR_BETWEEN', 'AEXPR_BETWEEN_SYM', 'AEXPR_NOT_DISTINCT']);

function find(node, found) {
  if (Array.isArray(node)) return node.forEach(item => find(item, found));
  if (node === null || typeof node !== 'object') return;
  for (const [kind, value] of Object.entries(node)) {
    visit(kind, value, found);
    find(value, found);
  }
}

function visit(kind, node, found) {
  switch (kind) {
    case 'DropStmt': {
      const rule = dropped[node.removeType] ?? (node.behavior === 'DROP_CASCADE' ? 'drop-cascade' : null);
      if (rule) found.push(rule);
      break;
    }
    case 'DropdbStmt': found.push('drop-database'); break;
    case 'DropOwnedStmt': found.push('drop-owned'); break;
    case 'CreatedbStmt': found.push('create-database'); break;
    case 'RenameStmt': if (node.renameType === 'OBJECT_DATABASE') found.push('rename-database'); break;
    case 'TruncateStmt': found.push('truncate'); break;
    case 'DeleteStmt': if (!narrows(node.whereClause, names(node.relation), true)) found.push('delete-without-key'); break;
    case 'UpdateStmt': if (!narrows(node.whereClause, names(node.relation), false)) found.push('update-without-key'); break;
    case 'MergeStmt': for (const when of node.mergeWhenClauses) if ((when.MergeWhenClause ?? when).commandType === 'CMD_DELETE') found.push('merge-delete'); break;
    case 'CompositeTypeStmt': break;
    case 'AlterTableStmt':
      if (['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE', 'OBJECT_TYPE'].includes(node.objtype))
        for (const { AlterTableCmd: command } of node.cmds) if (command.subtype === 'AT_DropColumn') found.push('drop-column');
      break;
  }
}

const names = relation => [relation.alias?.aliasname ?? relation.relname];

// A DELETE is narrowed by equality alone, an UPDATE by ranges and patterns too.
function narrows(node, targets, byEquality, qualified = false) {
  if (!node) return false;
  const [kind, value] = Object.entries(node)[0];
  const isKey = side => columns(side, targets, qualified).length > 0 && !hasTruth(side);
  const holds = operator => byEquality ? operator === '=' : comparisons.has(operator);
  switch (kind) {
    case 'BoolExpr':
      if (value.boolop === 'NOT_EXPR') return false;
      return value.args[value.boolop === 'AND_EXPR' ? 'some' : 'every'](arg => narrows(arg, targets, byEquality, qualified));
    case 'CurrentOfExpr': return true;
    case 'NullTest': return !byEquality && value.nulltesttype === 'IS_NULL' && isKey(value.arg);
    case 'BooleanTest': return !byEquality && ['IS_TRUE', 'IS_FALSE', 'IS_UNKNOWN'].includes(value.booltesttype) && isKey(value.arg);
    case 'SubLink':
      if (value.subLinkType === 'EXISTS_SUBLINK') return narrows(value.subselect.SelectStmt?.whereClause, targets, byEquality, true);
      return value.subLinkType === 'ANY_SUBLINK' && holds(value.operName?.[0].String.sval ?? '=') && isKey(value.testexpr);
    case 'A_Expr': {
      const operator = value.name.length === 1 ? value.name[0].String.sval : null;
      const list = ['AEXPR_IN', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'].includes(value.kind);
      const compares = ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'].includes(value.kind) ? holds(operator) && !(byEquality && value.kind === 'AEXPR_OP_ALL')
        : byEquality ? value.kind === 'AEXPR_NOT_DISTINCT' || (value.kind === 'AEXPR_IN' && operator === '=')
        : ranges.has(value.kind) && !operator.startsWith('!') && operator !== '<>' && !operator.startsWith('NOT');
      const own = columns(value.lexpr, targets, qualified);
      if (!compares || columns(value.rexpr, targets, qualified).some(name => own.includes(name))) return false;
      return isKey(value.lexpr) || (!(byEquality && list) && isKey(value.rexpr));
    }
    default: return false;
  }
}

// The columns of the changed table, but for those in a subquery.
function columns(node, targets, qualified) {
  if (Array.isArray(node)) return node.flatMap(item => columns(item, targets, qualified));
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([kind, value]) => {
    if (kind === 'ColumnRef') {
      const fields = value.fields.map(field => field.String?.sval ?? '*');
      return (fields.length === 1 ? !qualified : targets.includes(fields[fields.length - 2])) ? [fields[fields.length - 1]] : [];
    }
    if (kind === 'SubLink') return columns(value.testexpr ?? null, targets, qualified);
    return columns(value, targets, qualified);
  });
}

// Whether a truth value is made in it: a comparison of that says nothing about the columns.
function hasTruth(node) {
  if (Array.isArray(node)) return node.some(hasTruth);
  if (node === null || typeof node !== 'object') return false;
  return Object.entries(node).some(([kind, value]) => {
    if (['BoolExpr', 'NullTest', 'BooleanTest', 'CaseExpr'].includes(kind)) return true;
    if (kind === 'SubLink') return value.subLinkType !== 'EXPR_SUBLINK' && value.subLinkType !== 'ARRAY_SUBLINK';
    if (kind === 'A_Expr' && value.kind !== 'AEXPR_NULLIF' && (value.kind !== 'AEXPR_OP' || truths.has(value.name[value.name.length - 1].String.sval))) return true;
    return hasTruth(value);
  });
}

// Bodies: what a DO block or a function in SQL or PL/pgSQL runs.
function bodies(statement, text, found) {
  const [kind, node] = Object.entries(statement)[0];
  if (kind !== 'DoStmt' && kind !== 'CreateFunctionStmt') return;
  const options = Object.fromEntries((node.args ?? node.options ?? []).map(({ DefElem: option }) => [option.defname, option.arg]));
  const language = options.language?.String?.sval?.toLowerCase() ?? (kind === 'DoStmt' ? 'plpgsql' : 'sql');
  const body = options.as?.String?.sval ?? options.as?.List?.items?.[0]?.String?.sval;
  if (body === undefined) return;
  if (language === 'sql') scripts(body, found);
  else if (language === 'plpgsql') expressions(parser.parsePlPgSQLSync(text), found);
  else if (/\b(drop|truncate|delete|update|merge|execute)\b/i.test(body)) found.push('unreadable-code');
}

function scripts(sql, found) {
  const bytes = Buffer.from(sql);
  for (const { stmt, stmt_location: start = 0, stmt_len: length } of parser.parseSync(sql).stmts ?? []) {
    find(stmt, found);
    bodies(stmt, bytes.subarray(start, length ? start + length : bytes.length).toString(), found);
  }
}

function expressions(node, found) {
  if (Array.isArray(node)) return node.forEach(item => expressions(item, found));
  if (node === null || typeof node !== 'object') return;
  for (const [kind, value] of Object.entries(node)) {
    if (kind === 'PLpgSQL_stmt_dynexecute' || kind === 'PLpgSQL_stmt_dynfors') {
      dynamic(value.query.PLpgSQL_expr.query, found);
      expressions(value.body ?? null, found);
    } else if (kind === 'PLpgSQL_stmt_return_query' && value.dynquery) dynamic(value.dynquery.PLpgSQL_expr.query, found);
    else if (kind === 'PLpgSQL_expr' && value.parseMode === 0) scripts(value.query, found);
    else expressions(value, found);
  }
}

// EXECUTE: the text as far as the tree knows it; where its first part is not known, it may be anything.
function dynamic(expression, found) {
  const text = textOf(parser.parseSync('select ' + expression).stmts[0].stmt.SelectStmt.targetList[0].ResTarget.val);
  try {
    if (text === null) found.push('dynamic-sql');
    else scripts(text, found);
  } catch { found.push('dynamic-sql'); }
}

function textOf(node) {
  if (node.A_Const?.sval) return node.A_Const.sval.sval ?? '';
  if (node.A_Expr?.kind === 'AEXPR_OP' && node.A_Expr.name[0].String.sval === '||') {
    const left = textOf(node.A_Expr.lexpr);
    return left === null ? null : left + (textOf(node.A_Expr.rexpr) ?? 'unknown_part');
  }
  const call = node.FuncCall;
  if (call?.funcname.length === 1 && call.funcname[0].String.sval === 'format' && call.args?.[0].A_Const?.sval) {
    const pattern = call.args[0].A_Const.sval.sval;
    return /^\s*%[^%]/.test(pattern) ? null : pattern.replace(/%%|%(\d+\$)?-?\d*[sIL]/g, hole => hole === '%%' ? '%' : hole.endsWith('L') ? "''" : 'unknown_part');
  }
  return null;
}

function ask(sql) {
  try {
    const bytes = Buffer.from(sql);
    const statements = parser.parseSync(sql).stmts ?? [];
    // Ends in characters, without the white space before the semicolon.
    const ends = statements.map(({ stmt_location: start = 0, stmt_len: length }) =>
      bytes.subarray(0, length ? start + length : bytes.length).toString().replace(/[ \t\n\v\f\r]+$/, '').length);
    const found = [];
    scripts(sql, found);
    return { ends, found: found.sort() };
  } catch (error) {
    return { error: error.message ?? String(error) };
  }
}

parser.loadModule().then(() => {
  const scripts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(scripts.map(ask)));
});
