using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>Turns what the local file's engine throws into errors that name the fact, the file and the next step.</summary>
internal static class SqliteErrors
{
    // Result codes: https://www.sqlite.org/rescode.html
    public static Exception Translate(Exception error, string path) => error switch
    {
        SqliteException { SqliteErrorCode: 19 or 20 } e => new RowRefusedException($"{path}: refused: {e.Message}", e),
        SqliteException { SqliteErrorCode: 5 or 6 } e => new StoreUnavailableException(
            $"{path}: another process has been writing for {SqliteStore.BusyTimeout.TotalSeconds:0} s. Nothing was written; try again, or look for a program that keeps the file locked.", e),
        SqliteException { SqliteErrorCode: 8 } e => new StoreUnavailableException($"{path} cannot be written ({e.Message}). Check the permissions of the file and its folder.", e),
        SqliteException { SqliteErrorCode: 13 } e => new StoreUnavailableException($"{path}: the disk is full. Nothing was written; free some space and try again.", e),
        SqliteException { SqliteErrorCode: 14 } e => new StoreUnavailableException($"{path} cannot be opened ({e.Message}). Check that the folder exists and that you may write there, or set HOLDFAST_HOME.", e),
        SqliteException { SqliteErrorCode: 11 or 26 } e => new StoreUnavailableException(
            $"{path} is damaged or is no SQLite file ({e.Message}). Do not delete it: copy it away, then start with another HOLDFAST_HOME.", e),
        SqliteException { SqliteErrorCode: 1 } e => new SchemaException($"{path}: {e.Message} The file's schema does not fit this program.", e),
        SqliteException e => new StoreUnavailableException($"{path}: {e.Message}", e),
        IOException or UnauthorizedAccessException => new StoreUnavailableException($"{path} cannot be opened: {error.Message} Set HOLDFAST_HOME to a folder that you may write to.", error),
        _ => error,
    };
}
