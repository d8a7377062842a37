"""What shops call the columns of their logs."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, ...]] = {
    "InvoiceNo": (
        "invoice", "invoiceid", "invoicenumber", "order", "orderid", "orderno", "ordernumber",
        "basket", "rechnung", "rechnungsnr", "rechnungsnummer", "bestellung", "bestellnummer",
        "facture", "factura", "commande", "transaction", "transactionid", "receipt", "bon", "beleg",
        "belegnr",
    ),
    "StockCode": (
        "product", "productid", "productcode", "sku", "item", "itemid", "itemno", "article",
        "articleno", "artikel", "artikelnr", "artikelnummer", "produkt", "produktnr", "produit",
        "producto", "ean", "code",
    ),
    "Description": (
        "productname", "itemname", "title", "name", "text", "bezeichnung", "beschreibung", "libelle",
        "designation", "descripcion", "artikelbezeichnung", "produktname",
    ),
    "Quantity": (
        "qty", "pieces", "units", "amount", "menge", "anzahl", "stueck", "stück", "quantite",
        "quantité", "cantidad", "count",
    ),
    "InvoiceDate": (
        "date", "time", "datetime", "timestamp", "orderdate", "createdat", "bookedat", "datum", "zeit",
        "rechnungsdatum", "bestelldatum", "fecha", "zeitpunkt",
    ),
    "UnitPrice": (
        "price", "itemprice", "priceperunit", "preis", "einzelpreis", "stueckpreis", "stückpreis",
        "prix", "prixunitaire", "precio", "preciounitario",
    ),
    "CustomerID": (
        "customer", "customerno", "customernumber", "client", "clientid", "user", "userid", "buyer",
        "kunde", "kundennr", "kundennummer", "kundenid", "cliente", "member", "account",
    ),
    "Country": (
        "land", "pays", "pais", "país", "shipcountry", "countrycode", "region", "countryname",
    ),
}  # fmt: skip
"""By our name of a column, what shops call it; spaces, signs and case do not count."""
PRIVATE = re.compile(
    r"(?i)mail|phone|telefon|mobil|vorname|nachname|surname|(first|last|full|customer|kunden).?name|street|strasse"
    r"|straße|address|adresse|iban|birth|geburt|post.?code|plz|zip"
)
"""Columns that name someone."""
