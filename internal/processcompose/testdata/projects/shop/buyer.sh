# buys for ever; the shop must be open when it starts
echo buyer >> journal
trap 'echo buyer ends >> journal; exit 0' TERM
python3 - "$1" << 'BUY' || exit 1
import os, sys, urllib.request
request = urllib.request.Request(sys.argv[1], method="POST", headers={"Authorization": os.environ["API_TOKEN"]})
urllib.request.urlopen(request, timeout=30).read()
BUY
echo bought >> journal
while true; do sleep 0.2; done
