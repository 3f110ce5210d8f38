namespace Holdfast.Stores;

/// <summary>Who a delivery tells what becomes of it.</summary>
internal interface IDeliveryObserver
{
    /// <summary>One more provider holds it.</summary>
    void Confirmed(Delivery delivery);

    /// <summary>Somebody waits for more holders.</summary>
    void Hurry();
}
