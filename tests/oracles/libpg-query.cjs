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
    case 'DeleteStmt': change(node, 'delete-without-key', found); break;
    case 'UpdateStmt': change(node, 'update-without-key', found); break;
    case 'MergeStmt':
      if (node.relation.relname.startsWith('pg_')) found.push('catalogue-change');
      for (const when of node.mergeWhenClauses) {
        const { commandType, matchKind, condition } = when.MergeWhenClause ?? when;
        if (commandType === 'CMD_DELETE') found.push('merge-delete');
        const merged = scope(node.relation.relname, names(node.relation), []);
        const keyed = narrows(condition, merged, false) || (matchKind !== 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' && narrows(node.joinCondition, merged, false));
        if (commandType === 'CMD_UPDATE' && !keyed) found.push('merge-update');
      }
      break;
    case 'CopyStmt': if (node.is_program) found.push('unreadable-code'); break;
    case 'FuncCall': call(node, found); break;
    case 'VariableSetStmt':
    case 'setstmt':
      if ([quotes, 'client_encoding'].includes(node.name?.toLowerCase()) && !(node.kind === 'VAR_SET_VALUE' && isOn(node.args[0]))) found.push('unreadable-code');
      break;
    case 'AlterTableStmt':
      if (['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE', 'OBJECT_TYPE'].includes(node.objtype))
        for (const { AlterTableCmd: command } of node.cmds) {
          if (command.subtype === 'AT_DropColumn') found.push('drop-column');
          if (command.subtype === 'AT_SetUnLogged') found.push('set-unlogged');
          if (command.subtype === 'AT_AlterColumnType' && !keepsValues(command.def.ColumnDef)) found.push('retype-column');
        }
      break;
  }
}

function change(node, rule, found) {
  if (node.relation.relname.startsWith('pg_')) found.push('catalogue-change');
  else if (!narrows(node.whereClause, scope(node.relation.relname, names(node.relation), node.usingClause), rule === 'delete-without-key')) found.push(rule);
}

// Types that take each value of what turns into them unasked.
function keepsValues({ typeName: type, raw_default: using }) {
  const name = type.names.map(part => part.String.sval).join('.');
  if (using || type.arrayBounds || type.setof) return false;
  return ['text', 'pg_catalog.varchar', 'pg_catalog.bpchar', 'bpchar', 'pg_catalog.int8', 'int8'].includes(name)
    || (!type.typmods && ['pg_catalog.numeric', 'pg_catalog.timestamp', 'pg_catalog.timestamptz', 'timestamptz'].includes(name));
}

const quotes = 'standard_conforming_strings';
const isOn = node => ['on', 'true', 'utf8', 'utf-8', 'unicode'].includes((node?.A_Const?.sval?.sval ?? (node?.A_Const?.boolval?.boolval ? 'true' : ''))?.toLowerCase());
const destroying = ['lo_unlink', 'lo_truncate', 'lo_truncate64', 'drop_chunks', 'add_retention_policy', 'dropgeometrytable', 'dropgeometrycolumn'];
const running = ['query_to_xml', 'ts_stat', 'dblink', 'dblink_exec', 'dblink_open', 'dblink_send_query', 'crosstab'];

function call({ funcname, args = [] }, found) {
  const name = funcname[funcname.length - 1].String.sval;
  const plainArgs = args.map(arg => arg.NamedArgExpr?.arg ?? arg);
  if (destroying.includes(name)) found.push('destroying-function');
  if (name === 'set_config') {
    const setting = plainArgs[0].A_Const?.sval;
    let first = plainArgs[0];
    while (first.A_Expr?.name[0].String.sval === '||') first = first.A_Expr.lexpr;
    const start = first.A_Const?.sval?.sval;
    if (!setting && (!start || [quotes, 'client_encoding'].some(name => name.startsWith(start.toLowerCase())))) found.push('unreadable-code');
    else if ([quotes, 'client_encoding'].includes(setting?.sval?.toLowerCase()) && !isOn(plainArgs[1])) found.push('unreadable-code');
  }
  if (!running.includes(name)) return;
  if (plainArgs.some(arg => !arg.A_Const)) found.push('dynamic-sql');
  else for (const { A_Const: { sval } } of plainArgs) try { if (sval?.sval) scripts(sval.sval, found); } catch { /* a name of a connection */ }
}

// Whether it changes more than its own database.
const sharedKinds = ['ROLE', 'DATABASE', 'TABLESPACE', 'SUBSCRIPTION', 'PARAMETER_ACL'].map(kind => 'OBJECT_' + kind);
const sharedStatements = ['CreateRoleStmt', 'AlterRoleStmt', 'AlterRoleSetStmt', 'DropRoleStmt', 'GrantRoleStmt', 'ReassignOwnedStmt', 'DropOwnedStmt',
  'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'AlterTableSpaceOptionsStmt', 'AlterSystemStmt', 'CreatedbStmt', 'DropdbStmt', 'AlterDatabaseStmt',
  'AlterDatabaseSetStmt', 'AlterDatabaseRefreshCollStmt', 'CreateSubscriptionStmt', 'AlterSubscriptionStmt', 'DropSubscriptionStmt', 'ImportForeignSchemaStmt', 'CreateForeignTableStmt'];

function isShared(node) {
  if (Array.isArray(node)) return node.some(isShared);
  if (node === null || typeof node !== 'object') return false;
  return Object.entries(node).some(([kind, value]) => sharedStatements.includes(kind)
    || (kind === 'GrantStmt' && sharedKinds.includes(value.objtype))
    || (['CommentStmt', 'SecLabelStmt'].includes(kind) && sharedKinds.includes(value.objtype))
    || (kind === 'RenameStmt' && sharedKinds.includes(value.renameType)) || (kind === 'AlterOwnerStmt' && sharedKinds.includes(value.objectType))
    || (kind === 'CopyStmt' && (value.is_program || (!value.is_from && value.filename !== undefined)))
    || isShared(value));
}

const names = relation => [relation.alias?.aliasname ?? relation.relname];

// The names of the changed table in a condition, and those of the same table joined once more.
function scope(table, targets, from = []) {
  const selves = (from ?? []).flatMap(item => tables(item)).filter(range => range.relname === table).map(range => range.alias?.aliasname ?? range.relname);
  return { table, targets, own: targets.filter(name => !selves.includes(name)), same: [...targets, ...selves] };
}

function tables(item) {
  if (item.RangeVar) return [item.RangeVar];
  return item.JoinExpr ? [...tables(item.JoinExpr.larg), ...tables(item.JoinExpr.rarg)] : [];
}

// Whether it is a column of the changed table itself: in another type or case, a member of its JSON, or one of a row.
function isColumn(node, own, qualified) {
  const [kind, value] = Object.entries(node ?? { none: null })[0];
  switch (kind) {
    case 'ColumnRef': {
      const fields = value.fields.map(field => field.String?.sval ?? '*');
      const name = fields[fields.length - 1];
      return name !== '*' && !['tableoid', 'xmin', 'xmax', 'cmin', 'cmax'].includes(name) && (fields.length === 1 ? !qualified : own.includes(fields[fields.length - 2]));
    }
    case 'TypeCast': case 'CollateClause': return isColumn(value.arg, own, qualified);
    case 'RowExpr': return value.args.some(arg => isColumn(arg, own, qualified));
    case 'FuncCall': return value.funcname.length === 1 && ['lower', 'upper'].includes(value.funcname[0].String.sval) && value.args?.length === 1 && isColumn(value.args[0], own, qualified);
    case 'A_Expr': return value.kind === 'AEXPR_OP' && ['->', '->>', '#>', '#>>'].includes(value.name[0].String.sval) && !!value.rexpr.A_Const && isColumn(value.lexpr, own, qualified);
    default: return false;
  }
}

// A DELETE is narrowed by equality alone, an UPDATE by ranges and patterns too.
function narrows(node, scoped, byEquality, qualified = false) {
  if (!node) return false;
  const { targets, own: names, same } = scoped;
  const [kind, value] = Object.entries(node)[0];
  const isKey = (side, other = null) => byEquality ? isColumn(side, names, qualified) && columns(other, targets, true).length === 0 : columns(side, same, qualified).length > 0 && !hasTruth(side);
  const holds = operator => byEquality ? operator === '=' : comparisons.has(operator);
  switch (kind) {
    case 'BoolExpr':
      if (value.boolop === 'NOT_EXPR') return false;
      return value.args[value.boolop === 'AND_EXPR' ? 'some' : 'every'](arg => narrows(arg, scoped, byEquality, qualified));
    case 'CurrentOfExpr': return true;
    case 'NullTest': return !byEquality && value.nulltesttype === 'IS_NULL' && isKey(value.arg);
    case 'BooleanTest': return !byEquality && ['IS_TRUE', 'IS_FALSE', 'IS_UNKNOWN'].includes(value.booltesttype) && isKey(value.arg);
    case 'SubLink':
      if (value.subLinkType === 'EXISTS_SUBLINK') return narrows(value.subselect.SelectStmt?.whereClause, scope(scoped.table, targets, value.subselect.SelectStmt?.fromClause), byEquality, true);
      return value.subLinkType === 'ANY_SUBLINK' && holds(value.operName?.[0].String.sval ?? '=') && isKey(value.testexpr);
    case 'A_Expr': {
      const operator = value.name.length === 1 ? value.name[0].String.sval : null;
      const list = ['AEXPR_IN', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'].includes(value.kind);
      const compares = ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL'].includes(value.kind) ? holds(operator) && !(byEquality && value.kind === 'AEXPR_OP_ALL')
        : byEquality ? value.kind === 'AEXPR_NOT_DISTINCT' || (value.kind === 'AEXPR_IN' && operator === '=')
        : ranges.has(value.kind) && !operator.startsWith('!') && operator !== '<>' && !operator.startsWith('NOT');
      const own = columns(value.lexpr, same, qualified);
      if (!compares || columns(value.rexpr, same, qualified).some(name => own.includes(name))) return false;
      return isKey(value.lexpr, value.rexpr) || (!(byEquality && list) && isKey(value.rexpr, value.lexpr));
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
    if (kind === 'SubLink') return columns((value.subselect.SelectStmt?.targetList && !value.subselect.SelectStmt.fromClause ? value : value.testexpr) ?? null, targets, qualified);
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
  else if (!['c', 'internal'].includes(language)) found.push('unreadable-code');
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
    else if (kind === 'PLpgSQL_expr') find(parser.parseSync('select ' + value.query.replace(/^[\w\s.]*:?=/, '')).stmts, found);
    else expressions(value, found);
  }
}

// EXECUTE: the text as far as the tree knows it. A hole is filled with what may fill it: where that changes what is found, or what runs is not known at all, it is dynamic.
const fillings = ['drop', 'truncate', 'delete', 'update', 'merge', 'alter', 'schema', 'extension', 'owned', 'execute', 'unlogged', 'cascade', 'program', 'type',
  'lo_unlink', quotes, "a'; drop table zz; --", 'a"; drop table zz; --', 'a\n; drop table zz; --', 'a*/; drop table zz; --', 'a$x$; drop table zz; --', 'a$$; drop table zz; --'];
const quoteIdent = name => /^[a-z_][a-z0-9_]*$/.test(name) ? name : '"' + name.replace(/"/g, '""') + '"';
const texts = ['drop table zz', 'begin drop table zz; end', quotes, 'off', 'a$x$; drop table zz; --', 'a$$; drop table zz; --', 'a\n; drop table zz; --', 'a*/; drop table zz; --'];
const quoteLiteral = text => "'" + text.replace(/'/g, "''") + "'";

function dynamic(expression, found) {
  const parts = partsOf(parser.parseSync('select ' + expression).stmts[0].stmt.SelectStmt.targetList[0].ResTarget.val);
  if (!parts) return void found.push('dynamic-sql');
  const judged = judge(parts, 'unknown_part', "''");
  const holes = parts.map((part, i) => typeof part === 'string' ? -1 : i).filter(i => i >= 0);
  const fill = (hole, filling) => judge(parts.map((part, i) => i === hole ? (part.isName ? quoteIdent : quoteLiteral)(filling) : part), 'unknown_part', "''");
  const differs = holes.some(hole => (parts[hole].isName ? fillings : texts).some(filling => {
    const filled = fill(hole, filling);
    return filled && filled.join() !== (judged ?? []).join();
  }));
  if (!judged && !differs) throw new Error('the text that is executed is no SQL');
  found.push(...(differs ? ['dynamic-sql'] : judged));
}

function judge(parts, name, value) {
  const found = [];
  try {
    scripts(parts.map(part => typeof part === 'string' ? part : part.isName ? name : value).join(''), found);
    return found;
  } catch { return null; }
}

const casts = ['regclass', 'regproc', 'regprocedure', 'regtype', 'regnamespace', 'regrole', 'regconfig', 'oid', 'int4', 'int8', 'int2'];

function partsOf(node) {
  if (node.A_Const?.sval) return [node.A_Const.sval.sval ?? ''];
  if (node.A_Const?.ival) return [String(node.A_Const.ival.ival ?? 0)];
  if (node.A_Expr?.kind === 'AEXPR_OP' && node.A_Expr.name[0].String.sval === '||') {
    const [left, right] = [partsOf(node.A_Expr.lexpr), partsOf(node.A_Expr.rexpr)];
    return left && right && [...left, ...right];
  }
  if (node.TypeCast && casts.includes(node.TypeCast.typeName.names.at(-1).String.sval)) return [{ isName: true }];
  const call = node.FuncCall;
  const name = call?.funcname.length === 1 ? call.funcname[0].String.sval : null;
  if (name === 'quote_ident') return [{ isName: true }];
  if (name === 'quote_literal' || name === 'quote_nullable') return [{ isName: false }];
  if (name !== 'format' || !call.args?.[0].A_Const?.sval) return null;
  let next = 1;
  const parts = [];
  for (const piece of call.args[0].A_Const.sval.sval.split(/(%%|%(?:\d+\$)?-?(?:\*|\d+)?[sIL])/)) {
    const directive = /^%(?:(\d+)\$)?-?(\*|\d+)?([sIL])$/.exec(piece);
    if (!directive) { parts.push(piece === '%%' ? '%' : piece); continue; }
    const at = directive[1] ? Number(directive[1]) : next;
    next = at + 1;
    const known = directive[2] === '*' ? null : directive[3] === 'I' ? [{ isName: true }] : directive[3] === 'L' ? [{ isName: false }] : call.args[at] && partsOf(call.args[at]);
    if (!known) return null;
    parts.push(...known);
  }
  return parts;
}

// Columns that the script has added itself: to fill them in all rows loses nothing.
const nameOf = relation => [relation.schemaname, relation.relname].filter(Boolean).join('.');
const forgetting = ['DoStmt', 'CallStmt', 'ExecuteStmt', 'VariableSetStmt', 'TransactionStmt', 'PrepareStmt', 'DiscardStmt', 'RenameStmt', 'AlterObjectSchemaStmt'];

function fillsAdded({ UpdateStmt: update }, added, here) {
  return !!update && here.every(rule => rule === 'update-without-key') && !update.withClause
    && update.targetList.every(({ ResTarget: target }) => !target.indirection && !target.val.MultiAssignRef && added.has(`${nameOf(update.relation)} ${target.name}`));
}

function follow(stmt, added) {
  const [kind, node] = Object.entries(stmt)[0];
  if (forgetting.includes(kind) || kind.startsWith('Drop')) added.clear();
  if (kind !== 'AlterTableStmt' || node.objtype !== 'OBJECT_TABLE') return;
  for (const { AlterTableCmd: command } of node.cmds)
    if (command.subtype === 'AT_AddColumn' && !command.missing_ok) added.add(`${nameOf(node.relation)} ${command.def.ColumnDef.colname}`);
}

function ask(sql) {
  try {
    const bytes = Buffer.from(sql);
    const statements = parser.parseSync(sql).stmts ?? [];
    // Ends in characters, without the white space before the semicolon.
    const ends = statements.map(({ stmt_location: start = 0, stmt_len: length }) =>
      bytes.subarray(0, length ? start + length : bytes.length).toString().replace(/[ \t\n\v\f\r]+$/, '').length);
    const found = [];
    const added = new Set();
    for (const { stmt, stmt_location: start = 0, stmt_len: length } of statements) {
      const here = [];
      find(stmt, here);
      bodies(stmt, bytes.subarray(start, length ? start + length : bytes.length).toString(), here);
      if (!fillsAdded(stmt, added, here)) found.push(...here);
      if (!/search_path|set_config|pg_temp/i.test(sql)) follow(stmt, added);
    }
    return { ends, found: found.sort(), isShared: isShared(statements) };
  } catch (error) {
    return { error: error.message ?? String(error) };
  }
}

parser.loadModule().then(() => {
  const scripts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(scripts.map(ask)));
});
