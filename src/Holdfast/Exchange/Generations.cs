namespace Holdfast.Exchange;

/// <summary>
/// A dictionary of bounded size: when it is full, what was not used since the last time that it was full is dropped. It
/// remembers at least the last <paramref name="countMax"/> keys that were used and at most twice as many; what it
/// remembers depends on the order of the calls alone.
/// </summary>
internal sealed class Generations<TKey, TValue>(int countMax) where TKey : notnull
{
    private Dictionary<TKey, TValue> _recent = [];
    private Dictionary<TKey, TValue> _older = [];

    public bool TryGet(TKey key, out TValue value)
    {
        if (_recent.TryGetValue(key, out value!)) return true;
        if (!_older.TryGetValue(key, out value!)) return false;
        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        if (_recent.Count >= countMax && !_recent.ContainsKey(key))
        {
            (_older, _recent) = (_recent, _older);
            _recent.Clear();
        }
        _recent[key] = value;
    }
}
