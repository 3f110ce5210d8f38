using Holdfast.Rows;

namespace Holdfast;

/// <summary>What became of forgetting a user or a session, store by store, as each of them said when it was asked again afterwards.</summary>
/// <param name="UserId">The user that was forgotten; null where it was a session.</param>
/// <param name="SessionId">The session that was forgotten; null where it was a user.</param>
/// <param name="Through">Everything of the user or session up to this stamp is forgotten, wherever and whenever it arrives. What is written from now on stands above it.</param>
/// <param name="At">When it was asked for.</param>
/// <param name="Stores">Every provider and the local file, or the one store.</param>
public sealed record ForgetReceipt(string? UserId, string? SessionId, Stamp Through, DateTimeOffset At, IReadOnlyList<StoreForgetting> Stores)
{
    /// <summary>True when no store has any of it left. The others forget by themselves; see <see cref="ForgetState"/>.</summary>
    public bool IsComplete => Stores.All(store => store.State == ForgetState.Emptied);
}

/// <summary>What became of forgetting in one store.</summary>
/// <param name="Store">The provider's name; <c>local</c> for the local file; the address of a server that is the only store.</param>
/// <param name="State">What was found there.</param>
/// <param name="Rows">Rows there that the erasure covers, now without content. Null: not known.</param>
/// <param name="Reason">Why it is not emptied yet; null when it is.</param>
public sealed record StoreForgetting(string Store, ForgetState State, long? Rows, string? Reason);

/// <summary>How far a store has come with forgetting.</summary>
public enum ForgetState
{
    /// <summary>It was read again afterwards: it keeps the erasure, and no row that it covers has content.</summary>
    Emptied,
    /// <summary>
    /// It keeps the erasure, but transactions from before may still write what they hold (or, in the local file, the bytes of what
    /// was erased are still being overwritten). It is swept again until nothing is left.
    /// </summary>
    Running,
    /// <summary>It did not answer or did not take the erasure. It gets it from the spool or the relay, before any other row, and forgets then.</summary>
    Waiting,
}
